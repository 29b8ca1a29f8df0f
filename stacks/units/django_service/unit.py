"""The django-service unit: cluster, load balancer, services and one-off tasks of the Django application."""

from __future__ import annotations

from dataclasses import fields, replace

from cdktf import App, TerraformLocal, TerraformOutput, TerraformVariable, TerraformVariableValidationConfig
from cdktf_cdktf_provider_aws.scheduler_schedule_group import SchedulerScheduleGroup

from modules.cloudflare_ip_ranges.main import CloudflarePrefixList
from modules.cloudfront.main import CloudFront, origin_facing
from modules.django_secret_key.main import DjangoSecretKey
from modules.ecs_cluster.main import EcsCluster
from modules.efs_volume.inputs import EfsVolumeInputs
from modules.efs_volume.main import EfsVolume, existing
from modules.fargate_service.deployment_alarms import DeploymentAlarms
from modules.fargate_service.inputs import BeatInputs, WebInputs, WorkerInputs
from modules.fargate_service.main import FargateService
from modules.fargate_service.outputs import FargateServiceOutputs
from modules.fargate_service.step_scaling import QueueMetric
from modules.load_balancer.main import LoadBalancer
from modules.load_balancer.route import Route
from modules.one_off_task.main import OneOffTask
from modules.postgresql.outputs import PostgreSQLOutputs
from modules.postgresql.user_password import UserPassword
from modules.scheduled_task.main import ScheduledTask
from modules.scheduled_task.outputs import ScheduledTaskOutputs
from modules.task_definition.application import Application, EfsMount, TaskEnvironment
from modules.task_definition.image import registry_of
from modules.task_definition.main import TaskDefinition
from modules.task_definition.outputs import TaskDefinitionOutputs
from modules.web_acl.main import WebAcl
from stacks import providers
from stacks.config.application_inputs import (
    INIT_DATABASE,
    SESSION,
    ProcessInputs,
    job_task,
    web_service,
    worker_service,
)
from stacks.config.health_inputs import HealthInputs
from stacks.config.schema import Environment
from stacks.unit import Unit
from stacks.unit_names import DJANGO_SERVICE
from stacks.units.alerts import AlertsUnit
from stacks.units.certificate import CertificateUnit
from stacks.units.django_service.contract import DjangoServiceEnvironment
from stacks.units.django_service.lock import locked
from stacks.units.django_service.outputs import (
    DjangoServiceListenerOutputs,
    DjangoServiceOutputs,
    DjangoServiceTargetsOutputs,
    DjangoServiceVolumesOutputs,
)
from stacks.units.network import NetworkUnit
from stacks.units.postgresql import PostgreSQLUnit
from stacks.units.redis import RedisUnit

# Where the image names no user it would be root; whoever this is, he owns nothing.
NOBODY = "65534:65534"


class DjangoServiceUnit(Unit[DjangoServiceOutputs]):
    NAME = DJANGO_SERVICE

    def __init__(
        self,
        app: App,
        environment: Environment,
        *,
        network: NetworkUnit,
        postgresql: PostgreSQLUnit,
        redis: RedisUnit | None,
        certificate: CertificateUnit | None,
        alerts: AlertsUnit | None = None,
    ) -> None:
        super().__init__(app, environment)
        providers.aws(self, environment)
        self._inputs = environment.django_service
        if public := [*self._inputs.application.public_variables, *self._inputs.runtime.public_variables]:
            self.add_override("//.public_variables", public)  # the gate takes them for no secrets
        self._network = self.read(network)
        self._cluster = EcsCluster(
            self,
            "cluster",
            inputs=self._inputs.cluster,
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
        )
        self._load_balancer = self._balance(self.read(certificate).certificate_arn if certificate else None)
        if environment.web_acl:
            WebAcl(
                self,
                "web-acl",
                inputs=environment.web_acl,
                prefix=environment.prefix,
                load_balancer_arn=self._load_balancer.outputs.arn,
                client_ip_header=environment.client_ip_header,
            )
        self._hostname = environment.hostname or self._cloudfront()
        secret_key = DjangoSecretKey(self, "secret-key", inputs=self._inputs.secret_key, prefix=environment.prefix)
        database = self.read(postgresql)
        contract = DjangoServiceEnvironment(
            environment=environment,
            hostname=self._hostname,
            postgresql=database,
            redis=self.read(redis) if redis else None,
            secret_key=secret_key.outputs,
            passwords=self._draw_passwords(database),
        )
        self._application = Application(
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
            image=self._image(),
            ecr_repository_arn=self._inputs.ecr_repository_arn,
            runtime=self._inputs.runtime,
            writable_directories=self._inputs.application.writable_directories,
            declares_volumes=self._inputs.application.image_declares_volumes,
            registry_secret_arn=self._inputs.image.credentials_secret_arn if self._inputs.image else None,
            registry=registry_of(self._inputs.repository_url),
        )
        self._deployment_alarms = self._judge(alerts)
        self._mounts = {name: self._volume(name, each) for name, each in (self._inputs.volumes or {}).items()}
        application = self._inputs.application
        web = self._serve("web", self._inputs.web, application.web, contract.web(), load_balancer=self._load_balancer)
        self._serve_webs(contract)
        worker = self._serve(
            "worker", self._inputs.worker, application.worker, contract.worker(), queue=contract.queue_length()
        )
        self._serve_further(contract)
        self._schedule(contract)
        beat = self._serve("beat", self._inputs.beat, application.beat, contract.beat())
        tasks = self._register(contract)
        self._register_session(contract)
        outputs = self._outputs(web, worker, beat, tasks, secret_key.outputs.arn)
        self.outputs = self.publish(self._with_listener(outputs))

    def _draw_passwords(self, postgresql: PostgreSQLOutputs) -> dict[str, UserPassword]:
        """Of the users that sign in by one."""
        inputs = self._inputs
        if inputs.authentication != "password":
            return {}
        return {
            user: UserPassword(
                self,
                f"{name}-password",
                prefix=self.environment.prefix,
                name=name,
                user=user,
                host=postgresql.address,
                port=self.environment.postgresql.port,
                database_name=self.environment.postgresql.database_name,
                url=inputs.application.database.url,
                version=inputs.password_version,
                instance=self._restored_instance(),
                kms_key_arn=self.environment.postgresql.master_secret_kms_key_arn,
            )
            for name, user in (("app", inputs.app_user), ("migration", inputs.migration_user))
        }

    def _restored_instance(self) -> str:
        """The identifier of an instance that has taken over; empty for that with the default name."""
        inputs, prefix = self.environment.postgresql, self.environment.prefix
        found = inputs.serving_identifier(prefix)
        return "" if found == f"{prefix}-postgresql" else found

    def _image(self) -> str:
        """The image by tag or digest, which a pipeline gives as TF_VAR_image_tag."""
        tag = TerraformVariable(
            self,
            "image_tag",
            type="string",
            nullable=False,
            description="Tag of the image, or its digest sha256:…",
            validation=[
                TerraformVariableValidationConfig(
                    condition='${can(regex("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|sha256:[0-9a-f]{64})$", var.image_tag))'
                    ' && lower(var.image_tag) != "latest"}',
                    error_message="Give a tag that never moves, or a digest: what is deployed as latest cannot be "
                    "named, so it cannot be rolled back to.",
                )
            ],
        )
        joint = '${startswith(var.image_tag, "sha256:") ? "@" : ":"}'
        return TerraformLocal(self, "image", f"{self._inputs.repository_url}{joint}{tag.string_value}").as_string

    def _volume(self, name: str, inputs: EfsVolumeInputs) -> EfsMount:
        environment = self.environment
        if inputs.file_system_id is not None:
            return existing(inputs, region=environment.region, account_id=environment.account_id)
        return EfsVolume(
            self,
            f"volume-{name}",
            inputs=inputs,
            prefix=environment.prefix,
            name=name,
            placement=self._network.private,
            zones=len(environment.network.zones),
            is_protected=environment.protected,
        ).mount

    def _judge(self, alerts: AlertsUnit | None) -> DeploymentAlarms | None:
        """By what the deployments of web services are judged. What went back by itself can wait."""
        if self._inputs.deployment_alarms is None:
            return None
        return DeploymentAlarms(
            inputs=self._inputs.deployment_alarms,
            environment=self.environment.name,
            topic_arns=[self.read(alerts).notices_topic_arn] if alerts else [],
        )

    def _with_volumes(self, task: str, environment: TaskEnvironment) -> TaskEnvironment:
        """What a task has, with the directories that it mounts."""
        volumes = self._inputs.volumes or {}
        mounts = {f"efs-{name}": mount for name, mount in self._mounts.items() if task in volumes[name].mounted_by}
        return replace(environment, efs=mounts)

    def _balance(self, certificate_arn: str | None) -> LoadBalancer:
        environment, inputs = self.environment, self._inputs.load_balancer
        cloudflare = cloudfront = None
        pulls = environment.authenticated_origin_pulls
        if environment.is_behind_cloudfront and inputs.security_group_id is None:
            cloudfront = origin_facing(self)
        elif environment.proxied and inputs.security_group_id is None:
            ipv6 = inputs.ip_address_type == "dualstack"
            cloudflare = CloudflarePrefixList(self, "cloudflare", prefix=environment.prefix, ipv6=ipv6)
        return LoadBalancer(
            self,
            "load-balancer",
            inputs=inputs,
            prefix=environment.prefix,
            region=environment.region,
            account_id=environment.account_id,
            placement=self._network.private if inputs.internal else self._network.public,
            certificate_arn=certificate_arn,
            container_port=self._inputs.web.container_port,
            health_path=self._inputs.application.health.path,
            health_codes=self._inputs.application.health.codes,
            further_ports=self._inputs.container_ports,
            prefix_list_id=cloudflare.outputs.prefix_list_id if cloudflare else cloudfront,
            prefix_list_ipv6_id=cloudflare.outputs.prefix_list_ipv6_id if cloudflare else None,
            proxy="CloudFront" if cloudfront else "Cloudflare",
            vpc_cidr=self._network.vpc_cidr,
            client_ca_certificates=pulls.pem if pulls else None,
            requires_client_certificate=bool(pulls and pulls.required),
        )

    def _cloudfront(self) -> str:
        """The name that AWS draws. It is in this unit because its origin, and the hosts of the tasks, are."""
        dns_name = self._load_balancer.outputs.dns_name
        return CloudFront(
            self, "cloudfront", prefix=self.environment.prefix, load_balancer_dns_name=dns_name
        ).outputs.domain_name

    def _serve(
        self,
        name: str,
        inputs: WebInputs | WorkerInputs | BeatInputs | None,
        process: ProcessInputs | None,
        environment: TaskEnvironment,
        *,
        load_balancer: LoadBalancer | None = None,
        queue: QueueMetric | None = None,
    ) -> FargateServiceOutputs:
        if inputs is None:
            return FargateServiceOutputs.absent()
        return self._service(name, inputs, process, environment, load_balancer=load_balancer, queue=queue).outputs

    def _service(
        self,
        name: str,
        inputs: WebInputs | WorkerInputs | BeatInputs,
        process: ProcessInputs | None,
        environment: TaskEnvironment,
        *,
        load_balancer: LoadBalancer | Route | None = None,
        queue: QueueMetric | None = None,
        health: HealthInputs | None = None,
        hostname: str | None = None,
    ) -> FargateService:
        """`health` and `hostname` are those by which a container is asked: None for those of web."""
        by_hostname = (health or self._inputs.application.health).by_hostname
        return FargateService(
            self,
            name,
            inputs=inputs,
            application=self._application,
            environment=self._with_volumes(name, environment),
            name=name,
            cluster=self._cluster,
            placement=self._network.private,
            entry_point=process.entry_point if process else None,
            command=process.command if process else None,
            load_balancer=load_balancer,
            check_hostname=(hostname or self._hostname) if by_hostname else None,
            forwarded_proto=self.environment.forwarded_proto,
            queue=queue,
            deployment_alarms=self._deployment_alarms,
            wait_for_steady_state=self._inputs.wait_for_steady_state,
        )

    def _serve_webs(self, contract: DjangoServiceEnvironment) -> None:
        """The web services beside web."""
        self._further_target_group_arns: list[str] = []
        webs = {name: self._serve_web(name, contract) for name in self._inputs.further_webs}
        self._publish_by_name(
            further_web_service_arns={name: web.arn for name, web in webs.items()},
            further_web_log_group_names={name: web.task.log_group_name for name, web in webs.items()},
        )

    def _serve_web(self, name: str, contract: DjangoServiceEnvironment) -> FargateServiceOutputs:
        """One of them, with the route that leads to it."""
        inputs, route = self._inputs.further_webs[name], self._inputs.all_routes[name]
        process, balancer = (self._inputs.application.webs or {})[name], self._load_balancer
        service, health = web_service(name), process.health
        target = Route(
            self,
            f"route-{name}",
            inputs=route,
            load_balancer=balancer,
            prefix=self.environment.prefix,
            name=service,
            vpc_id=self._network.private.vpc_id,
            container_port=inputs.container_port,
            health_path=health.path if health else balancer.health_path,
            health_codes=health.codes if health else balancer.health_codes,
            stickiness_seconds=process.stickiness_seconds,
        )
        own_hosts = (host for host in map(str, route.hosts) if not host.startswith("*"))
        made = self._service(
            service,
            inputs,
            process,
            contract.further_web(name),
            load_balancer=target,
            health=health,
            hostname=next(own_hosts, None),
        )
        target.open(made.ready)
        self._further_target_group_arns.append(target.outputs.target_group_arn)
        return made.outputs

    def _serve_further(self, contract: DjangoServiceEnvironment) -> None:
        workers = {}
        for name, inputs in (self._inputs.workers or {}).items():
            service = worker_service(name)
            process = self._inputs.application.processes[service]
            queue = contract.queue_length(service)
            if inputs:
                workers[name] = self._serve(service, inputs, process, contract.worker(service), queue=queue)
        self._publish_by_name(
            further_worker_service_arns={name: worker.arn for name, worker in workers.items()},
            further_worker_log_group_names={name: worker.task.log_group_name for name, worker in workers.items()},
        )

    def _publish_by_name(self, **outputs: dict[str, str]) -> None:
        """Outputs for people, by the name of what an application may have several of; none where it has none."""
        for name, values in outputs.items():
            if values:
                TerraformOutput(self, f"output-{name}", value=values).override_logical_id(name)

    def _register(self, contract: DjangoServiceEnvironment) -> dict[str, TaskDefinitionOutputs]:
        return {
            name: OneOffTask(
                self,
                f"task-{name}",
                inputs=inputs,
                application=self._psql() if name == INIT_DATABASE and self._inputs.runs_psql else self._application,
                environment=self._with_volumes(name, contract.one_off(name)),
                name=name,
            ).outputs
            for name, inputs in self._inputs.tasks.items()
        }

    def _register_session(self, contract: DjangoServiceEnvironment) -> None:
        """The task of sessions: the one whose file system the agent of ECS Exec can write to."""
        if self._inputs.session is None:
            return
        runtime = replace(self._inputs.runtime, execute_command=True, read_only_root_filesystem=False)
        OneOffTask(
            self,
            SESSION,
            inputs=self._inputs.session.task,
            application=replace(self._application, runtime=runtime),
            environment=self._with_volumes(SESSION, contract.session()),
            name=SESSION,
        )

    def _schedule(self, contract: DjangoServiceEnvironment) -> None:
        """The jobs, each with its schedule where it has one."""
        scheduled = self._inputs.scheduled
        group = SchedulerScheduleGroup(self, "schedules", name=self.environment.prefix) if scheduled else None
        tasks: dict[str, TaskDefinitionOutputs] = {}
        schedules: dict[str, ScheduledTaskOutputs] = {}
        for name, job in (self._inputs.application.jobs or {}).items():
            entry_point, command = job.entry_point, job.command
            if not job.overlap:
                entry_point, command = None, locked(self._inputs.application, name, (*(entry_point or ()), *command))
            here = self._inputs.settings_of(name)
            tasks[name] = TaskDefinition(
                self,
                job_task(name),
                application=self._application,
                environment=self._with_volumes(job_task(name), contract.job(job)),
                name=job_task(name),
                cpu=here.cpu or job.cpu,
                memory_mib=here.memory_mib or job.memory_mib,
                ephemeral_storage_gib=here.ephemeral_storage_gib or job.ephemeral_storage_gib,
                own=TaskEnvironment.given(here.variables, here.secrets, here.iam_statements),
                entry_point=entry_point,
                command=command,
            ).outputs
            if group is not None and name in scheduled:
                schedule, is_on = scheduled[name]
                schedules[name] = ScheduledTask(
                    self,
                    f"schedule-{name}",
                    inputs=schedule,
                    is_on=is_on,
                    application=self._application,
                    name=job_task(name),
                    task=tasks[name],
                    cluster=self._cluster,
                    placement=self._network.private,
                    group=group,
                ).outputs
        self._publish_by_name(
            job_task_definition_arns={name: task.arn for name, task in tasks.items()},
            job_log_group_names={name: task.log_group_name for name, task in tasks.items()},
            job_schedule_arns={name: each.schedule_arn for name, each in schedules.items()},
            job_dead_letter_queue_urls={name: each.dead_letter_queue_url for name, each in schedules.items()},
        )

    def _psql(self) -> Application:
        """The image of psql, which gets nothing that is the application's."""
        runtime, repository = self._inputs.runtime, self._inputs.psql_repository
        return replace(
            self._application,
            image=self._inputs.psql_image,
            ecr_repository_arn=repository.arn if repository else None,
            registry_secret_arn=None,
            user=NOBODY,
            declares_volumes=True,  # psql writes to none of them
            runtime=replace(runtime, variables=None, secrets=None, secret_kms_key_arns=(), iam_statements=()),
        )

    def _with_listener(self, outputs: DjangoServiceOutputs) -> DjangoServiceOutputs:
        """The outputs, with what units downstream need where an environment has them."""
        listener_arn = self._load_balancer.outputs.https_listener_arn
        known = {field.name: getattr(outputs, field.name) for field in fields(outputs)}
        known |= {
            "alb_https_listener_arn": listener_arn or "",
            "further_target_group_arns": self._further_target_group_arns,
        }
        if self.environment.backup and self._mounts:
            arns = [self._mounts[name].file_system_arn for name in self._inputs.file_systems]
            return DjangoServiceVolumesOutputs(**known, file_system_arns=arns)
        if self.environment.observability and self._further_target_group_arns:
            return DjangoServiceTargetsOutputs(**known)
        if not self.environment.further_hostnames or listener_arn is None:
            return outputs
        del known["further_target_group_arns"]
        return DjangoServiceListenerOutputs(**known)

    def _outputs(
        self,
        web: FargateServiceOutputs,
        worker: FargateServiceOutputs,
        beat: FargateServiceOutputs,
        tasks: dict[str, TaskDefinitionOutputs],
        secret_key_arn: str,
    ) -> DjangoServiceOutputs:
        load_balancer, cluster = self._load_balancer.outputs, self._cluster.outputs
        return DjangoServiceOutputs(
            url=f"https://{self._hostname}",
            alb_arn=load_balancer.arn,
            alb_dns_name=load_balancer.dns_name,
            alb_zone_id=load_balancer.zone_id,
            alb_security_group_id=load_balancer.security_group_id,
            target_group_arn=load_balancer.target_group_arn,
            access_log_bucket=load_balancer.access_log_bucket,
            ecs_cluster_name=cluster.name,
            ecs_cluster_arn=cluster.arn,
            web_service_name=web.name,
            web_service_arn=web.arn,
            worker_service_name=worker.name,
            worker_service_arn=worker.arn,
            beat_service_name=beat.name,
            beat_service_arn=beat.arn,
            task_definition_arn=web.task.arn,
            task_execution_role_arn=web.task.execution_role_arn,
            task_role_arn=web.task.task_role_arn,
            web_log_group_name=web.task.log_group_name,
            worker_log_group_name=worker.task.log_group_name,
            beat_log_group_name=beat.task.log_group_name,
            secret_key_arn=secret_key_arn,
            one_off_task_names=list(tasks),
            one_off_task_definition_arns=[task.arn for task in tasks.values()],
            one_off_task_families=[task.family for task in tasks.values()],
            one_off_task_log_group_names=[task.log_group_name for task in tasks.values()],
            service_security_group_id=self._network.application_security_group_id,
            private_subnet_ids=self._network.private_subnet_ids,
        )
