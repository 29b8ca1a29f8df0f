"""What ECS on Fargate charges for."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from cli.review.cost.charge import MONTH, Factor, Findings, Note, Saving, Unpriced, charge, of, pieces, plain
from cli.review.cost.resources import Resource
from cli.terraform.plan import Json
from modules.scheduled_task.expression import starts_a_month


def service(service: Resource) -> Findings:
    """The tasks of a service, as many as are desired."""
    task = service.referenced("task_definition", "aws_ecs_task_definition")
    desired = service.number("desired_count")
    if task is None or desired is None:
        yield Unpriced("its task definition or its desired count is not in the plan")
        return
    size = _uses(task)
    if isinstance(size, Unpriced):
        yield size
        return
    for provider, tasks in _shares(service, desired):
        if provider not in ("FARGATE", "FARGATE_SPOT"):
            yield Unpriced(f"{plain(tasks)} tasks on {provider}")
        elif tasks:
            is_spot = provider == "FARGATE_SPOT"
            yield from _tasks(tasks, size, spot=is_spot, savings=set() if is_spot else _savings(service))
    if service.block("network_configuration").get("assign_public_ip"):
        yield charge("public IPv4", ("vpc", "public_ipv4_hour"), pieces(desired, "task"), MONTH)
    cluster = service.referenced("cluster", "aws_ecs_cluster")
    if cluster and _insights(cluster) == "enabled":
        metrics = Factor("insights_service_metrics", "metrics")
        yield charge("Container Insights", ("cloudwatch", "metric_month"), metrics)


def schedule(schedule: Resource) -> Findings:
    """The tasks that a schedule starts. Starting them is free up to 14 million times a month, which no environment has.

    https://aws.amazon.com/eventbridge/pricing/
    """
    if schedule.text("state") == "DISABLED":
        yield Note(f"{schedule.address}: it is off")
        return
    task = schedule.referenced_within("target", "aws_ecs_task_definition")
    if task is None:
        yield Unpriced("its task definition is not in the plan")
        return
    uses = _uses(task)
    if isinstance(uses, Unpriced):
        yield uses
        return
    starts = starts_a_month(schedule.text("schedule_expression"))
    times = of(Decimal(starts.numerator) / Decimal(starts.denominator), "starts")
    for use in uses:
        price = ("fargate", use.price)
        yield charge(use.item, price, times, Factor("job_hours", "h"), use.amount, kind=use.kind)


class _Use(NamedTuple):
    """What each task uses of something."""

    item: str
    price: str
    amount: Factor
    kind: str


def _tasks(number: Decimal, uses: list[_Use], *, spot: bool, savings: set[Saving]) -> Findings:
    share = (Factor("fargate_spot_price", "Spot"),) if spot else ()
    for use in uses:
        item = f"{use.item}, Spot" if spot else use.item
        price = ("fargate", use.price)
        # A savings plan has no price of storage: https://aws.amazon.com/savingsplans/compute-pricing/
        these = savings if use.item in ("vCPU", "memory") else savings - {Saving.SAVINGS_PLAN}
        factors = (pieces(number, "task"), use.amount, MONTH, *share)
        yield charge(item, price, *factors, kind=use.kind, savings={Saving.PAUSE, *these})


def _savings(service: Resource) -> set[Saving]:
    """Of tasks on demand. Spot is for workers: not for what serves visitors, nor what never runs twice, as beat."""
    is_worker = not service.get("load_balancer") and service.number("deployment_maximum_percent") != 100
    decided = any(provider == "FARGATE_SPOT" for provider, _ in _shares(service, Decimal(1)))
    return {Saving.SAVINGS_PLAN, Saving.SPOT} if is_worker and not decided else {Saving.SAVINGS_PLAN}


def _uses(task: Resource) -> list[_Use] | Unpriced:
    platform = task.block("runtime_platform")
    architecture = platform.get("cpu_architecture") or "X86_64"
    system = platform.get("operating_system_family") or "LINUX"
    cpu, memory = task.number("cpu"), task.number("memory")
    if system != "LINUX" or cpu is None or memory is None:
        return Unpriced(f"tasks of {task.address}: {system} with cpu {task.text('cpu')}, memory {task.text('memory')}")
    prefix = architecture.lower()
    uses = [
        _Use("vCPU", f"{prefix}_vcpu_hour", of(cpu / 1024, "vCPU"), architecture),
        _Use("memory", f"{prefix}_gb_hour", of(memory / 1024, "GB"), architecture),
    ]
    # 20 GiB are in the price of a task: https://aws.amazon.com/fargate/pricing/
    if (more := Decimal(task.block("ephemeral_storage").get("size_in_gib") or 0) - 20) > 0:
        uses.append(_Use("ephemeral storage above 20 GB", "ephemeral_gb_hour", of(more, "GB"), ""))
    return uses


def _shares(service: Resource, desired: Decimal) -> list[tuple[str, Decimal]]:
    """How many tasks run on each capacity provider: its base first, and then by weight.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-capacity-providers.html
    """
    strategy = service.get("capacity_provider_strategy") or _default_strategy(service)
    if not strategy:
        return [(service.text("launch_type") or "EC2", desired)]
    weights = {each["capacity_provider"]: Decimal(each.get("weight") or 0) for each in strategy}
    tasks = dict.fromkeys(weights, Decimal(0))
    for each in strategy:
        tasks[each["capacity_provider"]] += min(Decimal(each.get("base") or 0), desired - sum(tasks.values()))
    rest, total = desired - sum(tasks.values()), sum(weights.values())
    if total:
        tasks = {name: number + rest * weights[name] / total for name, number in tasks.items()}
    return list(tasks.items())


def _default_strategy(service: Resource) -> list[Json]:
    if service.text("launch_type"):
        return []
    cluster = service.referenced("cluster", "aws_ecs_cluster")
    for providers in service.others("aws_ecs_cluster_capacity_providers"):
        if cluster and providers.referenced("cluster_name", "aws_ecs_cluster") is cluster:
            return list(providers.get("default_capacity_provider_strategy") or ())
    return []


def cluster(cluster: Resource) -> Findings:
    """A cluster: nothing but its metrics."""
    insights = _insights(cluster)
    if insights == "enabled":
        metrics = Factor("insights_cluster_metrics", "metrics")
        yield charge("Container Insights", ("cloudwatch", "metric_month"), metrics)
    elif insights == "enhanced":
        yield Unpriced("Container Insights with enhanced observability, which is paid by observations")


def _insights(cluster: Resource) -> str:
    settings = cluster.get("setting") or ()
    return next((each["value"] for each in settings if each["name"] == "containerInsights"), "disabled")


def scaling_target(target: Resource) -> Findings:
    """The limits between which autoscaling keeps a service."""
    low, high = target.number("min_capacity"), target.number("max_capacity")
    if target.text("service_namespace") == "ecs" and low != high:
        yield Note(f"{target.address}: tasks as desired; autoscaling keeps them between {low} and {high}")


def scheduled_scaling(action: Resource) -> Findings:
    """Other limits from a time on. It costs nothing itself, and which it leaves for how long is not in a plan."""
    bounds = action.block("scalable_target_action")
    low, high = bounds.get("min_capacity"), bounds.get("max_capacity")
    yield Note(
        f"{action.address}: tasks as desired all month; from {action.text('schedule')} on between {low} and {high}"
    )


def scaling_policy(policy: Resource) -> Findings:
    """A policy of autoscaling: AWS makes alarms for it that are paid like any other, and it may need a metric."""
    if policy.text("policy_type") != "TargetTrackingScaling":
        return
    tracking = policy.block("target_tracking_scaling_policy_configuration")
    yield charge("alarms", ("cloudwatch", "alarm_month"), pieces(1 if tracking.get("disable_scale_in") else 2, "alarm"))
    own = {metric for metric in _metrics(tracking) if not metric[0].startswith(("AWS/", "ECS/"))}
    if own:
        yield charge("metrics of the application", ("cloudwatch", "metric_month"), pieces(len(own), "metric"))


def _metrics(tracking: Json) -> Iterator[tuple[str, str]]:
    """Namespace and name of the metrics that a policy names by itself."""
    for custom in tracking.get("customized_metric_specification") or ():
        queries = [stat for query in custom.get("metrics") or () for stat in query.get("metric_stat") or ()]
        for metric in (custom, *(metric for stat in queries for metric in stat.get("metric") or ())):
            if metric.get("namespace"):
                yield metric["namespace"], metric["metric_name"]
