"""The rules between two environments: what AWS takes once in an account, a VPC, a zone or a bucket of states."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations, product

from modules import dns
from modules.cloudflare_dns.inputs import OF_THE_ZONE
from modules.dns import HOSTNAME, Zone, clash, within
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.validation import Problem, show
from stacks.config import given_names
from stacks.config.schema import Environment


def conflicts(
    environments: Mapping[str, Environment],
    *,
    asked: Collection[str],
    wrong: Collection[str] = (),
    names: Collection[str] | None = None,
) -> Iterator[Problem]:
    """What is wrong between the environments that are asked for and all others, each given by its file.

    The field of each problem begins with the file. Of those that break a rule of their own (`wrong`), what can be
    compared is: their names, before all. `names` are those of all environments there are, loaded or not; None: nobody
    knows.
    """
    for file, each in environments.items():
        host = getattr(each.network, "made_by", None)
        if names is not None and file in asked and host is not None and host not in names:
            remedy = "name the one that makes the VPC, or remove it"
            yield Problem(f"{file}: network.made_by", f"there is no environment {show(host)}", remedy)
    for (one_file, one), (file, other) in combinations(environments.items(), 2):
        if one_file in asked or file in asked:
            with contextlib.suppress(*((Exception,) if {one_file, file} & {*wrong} else ())):
                for problem in _conflicts(one, other):
                    yield Problem(f"{file}: {problem.field}", problem.what, problem.remedy)


def _conflicts(one: Environment, other: Environment) -> Iterator[Problem]:
    for planned, name in ((one.name, other.name), (other.name, one.name)):
        if name == f"plan-{planned}":
            yield Problem("name", f"{name} is the job that plans {planned} in the workflows", "choose another name")
    if one.account_id == other.account_id:
        yield from _conflicts_in_the_account(one, other)
        yield from given_names.conflicts(one, other)
        yield from _conflicts_of_chat(one, other)
    new = [each.name for each in (other, one) if isinstance(each.network, NetworkInputs)]
    if _is_made_by(one, other) or _is_made_by(other, one):
        yield from _conflicts_in_the_vpc(one, other)
    elif any(getattr(each.network, "made_by", None) for each in (one, other)):
        pass  # the block of a guest is its host's, which is compared
    elif new and _block(one).overlaps(_block(other)):  # two that exist have the blocks that they have
        text = f"{_block(other)} overlaps {_block(one)} of {one.name}"
        if len(new) == 1 and _place(one) == _place(other):
            text += ", and no network.made_by says that the two share a VPC"
        yield Problem("network", text, f"choose another block for {new[0]}, so that the two can be peered")
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
    for source, group, port in sorted(_rules_of_groups(one) & _rules_of_groups(other))[:1]:
        text = f"{one.name} admits {source} to {group} on port {port} too, and EC2 takes each rule once"
        yield Problem("network.application_security_group_id", text, "remove it, or give another group")
    yield from _conflicts_of_names(one, other)


def _rules_of_groups(environment: Environment) -> set[tuple[str, str, int]]:
    """The rules that are added between security groups that exist: who is admitted, to which, on which port."""
    network, service = environment.network, environment.django_service
    if isinstance(network, NetworkInputs) or network.application_security_group_id is None:
        return set()
    tasks, found = network.application_security_group_id, set[tuple[str, str, int]]()
    if network.endpoint_security_group_id:
        found.add((tasks, network.endpoint_security_group_id, 443))
    if service.load_balancer.security_group_id:
        balancer = service.load_balancer.security_group_id
        found |= {(balancer, tasks, port) for port in service.container_ports}
    return found


def _conflicts_in_the_account(one: Environment, other: Environment) -> Iterator[Problem]:
    shorter, longer = sorted((one, other), key=lambda environment: len(environment.prefix))
    if shorter.prefix == longer.prefix:
        text = f"the resources of {one.name} are named {one.prefix} in the same account too"
        yield Problem("name", text, "choose another name, project or account")
    elif longer.prefix.startswith(f"{shorter.prefix}-"):
        # Policies of IAM reach what is named shop-prod-*, and so shop-prod-eu-network too.
        text = f"{longer.prefix}-* of {longer.name} is part of {shorter.prefix}-* of {shorter.name} in the same account"
        yield Problem("name", text, "choose another name, project or account")
    elif [*one.identity_tags] != [*other.identity_tags]:
        what = f"{one.name} has other keys in the same account, and a role could take its resources for untagged ones"
        yield Problem("tag_keys", what, "use the same keys of Project and Environment")
    elif one.identity_tags == other.identity_tags:
        what = f"the tags of Project and Environment are those of {one.name} in the same account"
        yield Problem("tag_values", f"{what}, by which roles tell the two apart", "choose other values")


def _conflicts_of_chat(one: Environment, other: Environment) -> Iterator[Problem]:
    """AWS refuses a channel that the account has already, in whatever region."""
    ours, theirs = (environment.alerts.chat or {} if environment.alerts else {} for environment in (one, other))
    taken = {channel.once for channel in ours.values()}
    for name, channel in theirs.items():
        if channel.once in taken:
            what = f"{one.name} has the {channel.once} in the same account, which takes it once"
            yield Problem(f"alerts.chat[{show(name)}]", what, "give each environment another one")


def _conflicts_of_names(one: Environment, other: Environment) -> Iterator[Problem]:
    names = {hostname for _, hostname in _names(one) & _names(other)}
    for name in sorted(names)[:1]:
        yield Problem(_field_of(other, name), f"{name} is the name of {one.name} too", "choose another name")
    if one.zone and other.zone and one.zone.id == other.zone.id:
        ours, theirs = one.authenticated_origin_pulls, other.authenticated_origin_pulls
        if ours and theirs and ours.scope == theirs.scope == "zone" and ours.certificate_id != theirs.certificate_id:
            what = f"{one.name} names another certificate, and a zone shows one"
            path = f"{other.dns_field}.authenticated_origin_pulls.certificate_id"
            yield Problem(path, what, "name the same in both")
        for field in OF_THE_ZONE:
            if getattr(one.dns_inputs, field, None) and getattr(other.dns_inputs, field, None):
                text = f"{one.name} manages them for the same zone"
                yield Problem(f"{other.dns_field}.{field}", text, "leave them to one environment")
    yield from _conflicts_of_zones(one, other)
    yield from _conflicts_of_records(one, other)
    yield from _conflicts_of_delegations(one, other)
    yield from _conflicts_of_issuers(one, other)
    if one.account_id == other.account_id:
        for name in sorted((_validated_names(one) & _validated_names(other)) - names)[:1]:
            text = f"{one.name} has the validation record of {name} already, which is one for the whole account"
            alternative = {each.removeprefix("*.") for each in other.certificate.subject_alternative_names}
            field = "certificate.subject_alternative_names" if name in alternative else _field_of(other, name)
            field = "certificate.retiring" if name not in {*alternative, *other.hostnames} else field
            yield Problem(field, text, "leave the name to one environment")


def _names(environment: Environment) -> set[tuple[str, str]]:
    """The hostnames, each with the id of its zone: the same name may be in two zones, as in a private one."""
    zone_id = environment.zone.id if environment.zone else ""
    further = {(each.zone_id or zone_id, str(each.hostname)) for each in environment.further_hostnames}
    return {(zone_id, name) for name in environment.hostnames[:1]} | further


def _conflicts_of_zones(one: Environment, other: Environment) -> Iterator[Problem]:
    """An id is of one zone, and a zone of Route 53 of one account."""
    for zone_id in sorted(one.zones.keys() & other.zones.keys()):
        is_own = other.zone is not None and other.zone.id == zone_id
        field = f"{other.dns_field}.{'zone_id' if is_own else 'further_hostnames'}"
        if one.zones[zone_id] != other.zones[zone_id]:
            yield Problem(field, f"{zone_id} is that of the zone {one.zones[zone_id]} of {one.name}", "correct one")
        elif zone_id in one.hosted_zones and one.account_id != other.account_id:
            what = f"{zone_id} is a zone of the account {one.account_id} to {one.name}, and a zone is of one account"
            yield Problem(field, what, f"give a zone of {other.account_id}")


def _conflicts_of_records(one: Environment, other: Environment) -> Iterator[Problem]:
    """A line for each name whose records cannot be beside each other."""
    ours, theirs = _records(one), _records(other)
    for zone_id, name in sorted(ours.keys() & theirs.keys()):
        flattened = Zone(provider="cloudflare", id=zone_id, name=name) in (one.zone, other.zone)
        found = product(sorted(ours[zone_id, name]), sorted(theirs[zone_id, name]))
        for kind, their_kind in [pair for pair in found if clash(*pair, flattened=flattened)][:1]:
            further = f"{other.dns_field}.further_records"
            if kind == their_kind:
                yield Problem(further, f"{one.name} makes {kind} of {name} too", "leave it to one environment")
            elif kind == HOSTNAME:
                what = f"{name} leads to the load balancer of {one.name}, so it has no {their_kind}"
                yield Problem(further, what, "choose another name")
            elif their_kind == HOSTNAME:
                what = f"{one.name} makes {kind} of {name} by its further_records"
                yield Problem(_field_of(other, name), what, "leave the name to one environment")
            else:
                what = f"{their_kind} of {name} meets {kind} of {one.name}, and a CNAME is alone"
                yield Problem(further, what, "leave the name to one environment")


def _conflicts_of_delegations(one: Environment, other: Environment) -> Iterator[Problem]:
    """NS records of one environment that hide a name of the other, whose addresses may be those of name servers."""
    further = f"{other.dns_field}.further_records"
    for above, below in ((one, other), (other, one)):
        cuts = [each for each, kinds in _records(above).items() if "NS" in kinds]
        records = {each for each, kinds in _records(below).items() if not kinds <= {"A", "AAAA"}}
        names = below.certificate.subject_alternative_names if below.zone else ()
        alternative = {(below.zone.id if below.zone else "", name.removeprefix("*.")) for name in names}
        hidden = (
            (name, cut, is_alternative)
            for is_alternative, found in ((False, records), (True, alternative))
            for (zone_id, cut), (of, name) in product(cuts, found)
            # A validation record is below its name. What is at the same name has a line already.
            if zone_id == of and within(name, cut) and (is_alternative or name != cut)
        )
        for name, cut, is_alternative in sorted(hidden)[:1]:
            if above is other:
                yield Problem(further, f"NS of {cut} hides {name} of {one.name}", "choose another name")
                continue
            field = _field_of(other, name) if name in other.hostnames else further
            field = "certificate.subject_alternative_names" if is_alternative else field
            yield Problem(field, f"{one.name} makes NS of {cut}, which hides {name}", "choose another name")


def _conflicts_of_issuers(one: Environment, other: Environment) -> Iterator[Problem]:
    """CAA records of one environment by which ACM issues no certificate to the other."""
    for above, below in ((one, other), (other, one)):
        if above.zone is None or above.zone != below.zone or below.certificate.existing_arn is not None:
            continue
        own, others = (getattr(each.dns_inputs, "further_records", ()) for each in (below, above))
        names = (*below.hostnames, *below.certificate.subject_alternative_names)
        found = dns.not_issued(above.zone.name, (*own, *others), names)
        for _, name, remedy in [each for each in found if each[0] >= len(own)][:1]:
            if above is other:
                what = f"ACM may then issue no certificate of {show(name)} of {one.name}"
                yield Problem(f"{other.dns_field}.further_records", what, remedy)
            else:
                field = _field_of(other, name) if name in other.hostnames else "certificate.subject_alternative_names"
                what = f"{one.name} makes CAA records by which ACM may issue no certificate of {show(name)}"
                yield Problem(field, what, f"{remedy} there")


def _records(environment: Environment) -> dict[tuple[str, str], set[str]]:
    """The types of records by the id of the zone and the name, with HOSTNAME for what leads to the load balancer."""
    zone = environment.zone
    if zone is None:
        return {}
    found = {name: {HOSTNAME} for name in _names(environment)}
    for each in getattr(environment.dns_inputs, "further_records", ()):
        found.setdefault((zone.id, each.fqdn(zone.name)), set()).add(each.type)
    return found


def _field_of(environment: Environment, hostname: str) -> str:
    """The input that has a hostname."""
    if hostname == environment.hostname:
        return f"{environment.dns_field}.{'record_name' if environment.zone else 'hostname'}"
    return f"{environment.dns_field}.further_hostnames"


def _validated_names(environment: Environment) -> frozenset[str]:
    """The names with a validation record, in whatever zone."""
    if environment.zone is None:
        return frozenset()
    names = environment.certificate.validated_names(environment.hostname)
    return names if environment.certificate.existing_arn is not None else names.union(environment.hostnames)


def _is_made_by(one: Environment, other: Environment) -> bool:
    """Whether an environment is in the VPC that the other makes."""
    network = one.network
    return isinstance(network, ExistingNetworkInputs) and network.made_by == other.name


def _conflicts_in_the_vpc(one: Environment, other: Environment) -> Iterator[Problem]:
    guest, host = (one, other) if _is_made_by(one, other) else (other, one)
    if not isinstance(host.network, NetworkInputs):
        yield Problem("network.made_by", f"{host.name} makes no VPC for {guest.name}", "name the one that does")
    elif _place(guest)[:2] != _place(host)[:2]:
        what = f"the VPC of {host.name} is in {host.region} of {host.account_id}, and {guest.name} is not"
        yield Problem("network.made_by", what, "share a VPC within one account and region")
    elif _block(guest) != _block(host):
        what = f"{_block(guest)} of {guest.name} is not the block of {host.name}"
        yield Problem("network.vpc_cidr", what, f'write "{_block(host)}"')
    elif host.network.interface_endpoints and not _is_admitted_to_endpoints(guest):
        what = f"private DNS leads {guest.name} to the interface endpoints of {host.name}, which do not admit it"
        remedy = f"give the output endpoint_security_group_id of {host.name}-network"
        yield Problem("network.endpoint_security_group_id", what, remedy)


def _is_admitted_to_endpoints(guest: Environment) -> bool:
    """Whether a group admits it; whoever brings the group of the tasks says where they are admitted."""
    network = guest.network
    return not isinstance(network, ExistingNetworkInputs) or any(
        (network.endpoint_security_group_id, network.application_security_group_id)
    )


def _place(environment: Environment) -> tuple[str, str, IPv4Network]:
    """Two environments with the same one may share a VPC."""
    return environment.account_id, environment.region, _block(environment)


def _block(environment: Environment) -> IPv4Network:
    network = environment.network
    return IPv4Network(network.vpc_cidr if isinstance(network, ExistingNetworkInputs) else network.cidr)
