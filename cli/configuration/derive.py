"""Makes an environment's file from that of another: what the two cannot share is changed, and reported."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from cli.configuration.source import Source, Unwritable
from modules.cloudflare_dns.inputs import OF_THE_ZONE
from modules.dns import full_name
from modules.network.inputs import ExistingNetworkInputs, NetworkInputs
from modules.validation import Example, examples
from stacks.config.schema import Environment, S3State
from stacks.failure import Failure

# Arguments with names of an environment's own, which follow from its name.
_NAMED = (
    "cloudflare_dns.record_name",
    "dns.record_name",
    "dns.hostname",
    "certificate.subject_alternative_names",
    "django_service.additional_allowed_hosts",
    "django_service.routes",
    "tags",
)
_LOST = "if that region is lost, so are these states: docs/operate.md, Failover"
_DEFAULTS = {"state_bucket": "StateBucketInputs()", "ecr_repository": "EcrRepositoryInputs()"}
_TASKS = "network.application_security_group_id"
# https://www.rfc-editor.org/rfc/rfc1918
_PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


@dataclass(frozen=True, kw_only=True, slots=True)
class Values:
    """What is to be otherwise than in the file that an environment is made from; None where it stays."""

    name: str
    account_id: str | None = None
    project: str | None = None
    region: str | None = None
    bucket: str | None = None
    """The bucket of the state."""
    repository: str | None = None
    """The name of the image repository."""
    github: str | None = None
    """The GitHub repository whose workflows deploy, as `GithubOidcInputs.repository` has it."""
    emails: tuple[str, ...] = ()
    """Who is told of what is urgent, and of the rest where that has an example; empty where it stays."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """Further arguments by their paths."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """The new names of environments that are renamed at the same time."""


class Derivation:
    """The file of an environment, made from that of another."""

    def __init__(
        self,
        text: str,
        old: Environment,
        file: str,
        values: Values,
        *,
        others: Iterable[Environment],
        before: Iterable[Environment],
    ) -> None:
        """`file` is that of the old environment. It stands beside those of `before`, the new one beside `others`."""
        self.notes: list[str] = []
        """What was changed, and what a person should look at, a line each."""
        self._source = Source(text, file)
        self._written: list[str] = []
        self._unwritten: list[str] = []
        self._old, self._values, self._others, self._before = old, values, [*others], [old, *before]
        self._account = values.account_id or old.account_id
        self._region = values.region or old.region
        self._bucket = _bucket(old)
        self._url = _repository(old)

    def make(self) -> str:
        """The text of the new file. Raises Failure, with all that must change, where the old cannot take it."""
        self._write("name", json.dumps(self._values.name))
        self._rename()
        self._place()
        for path, value in self._values.arguments.items():
            self._set(path, value)
        self._recipients()
        self._block()
        self._names()
        self._retiring()
        self._chat()
        self._zone()
        self._bootstrap()
        if self._unwritten:
            name = self._values.name
            there = "there" if name == self._old.name else f"in a copy, {name}.py"
            what = f"no call here takes {', '.join(self._unwritten)}"
            rest = f", and {', '.join(self._written)}" if self._written else ""
            raise Failure(f"{self._source.file}: {what}: write that by hand {there}{rest}")
        self._source.tidy()
        self._mentions()
        return self._source.text

    def _write(self, path: str, code: str) -> bool:
        """Whether an argument is another now. What the file cannot take is kept, to be named with all else."""
        try:
            is_other = self._source.set(path, code)
        except Unwritable as error:
            self._unwritten.append(error.argument)
            return False
        if is_other:
            self._written.append(f"{path}={code}")
        return is_other

    def _leave_out(self, path: str, otherwise: str) -> None:
        try:
            self._source.remove(path, otherwise)
            self._written.append(f"{path}={otherwise}")
        except Unwritable as error:
            self._unwritten.append(error.argument)

    def _set(self, path: str, value: str, why: str = "", *, code: str | None = None) -> None:
        """`code` is the value as Python, which of a string is its literal."""
        if self._write(path, code or json.dumps(value)):
            self.notes.append(f"{path}: {value}{why}")

    def _rename(self) -> None:
        for path in _NAMED:
            if self._source.rewrite(self._renamed, path):
                self.notes.append(f"{path}: {self._values.name} in place of {self._old.name}")
                self._written.append(f"{self._values.name} in place of {self._old.name} in {path}")

    def _renamed(self, text: str) -> str:
        return with_name(text, self._old.name, self._values.name)

    def _place(self) -> None:
        """The project, the account and the region, and the names that follow from them."""
        old, values = self._old, self._values
        if values.project and values.project != old.project:
            self._set("project", values.project)
        if values.account_id:
            self._set("account_id", values.account_id)
        if self._region != old.region:
            self._refuse_what_is_of_one_region()
            self._set("region", self._region)
            self._zones()
        if isinstance(old.state, S3State):
            self._bucket = values.bucket or self._moved(old.state.bucket)
            if self._bucket != old.state.bucket or values.bucket:
                self._set("state.bucket", self._bucket)
            elif self._region != old.region and old.state.region is None:
                self._set("state.region", old.region, f", where the bucket is: {_LOST}")
        repository = old.django_service.ecr_repository
        if repository and (values.account_id or values.region or values.repository):
            account = self._account if repository.account_id == old.account_id else repository.account_id
            # ECS pulls from any region, and only bootstrap makes the repository in another one.
            is_made = old.bootstrap.ecr_repository is not None or (
                account != repository.account_id and self._is_made("ecr_repository", _repository)
            )
            moves = repository.region == old.region and is_made
            region = self._region if moves else repository.region
            name = values.repository or repository.name
            self._url = f"{account}.dkr.ecr.{region}.amazonaws.com/{name}"
            stands_for_ones_own = isinstance(old.django_service.ecr_repository_url, Example) and not values.account_id
            code = f"Example({json.dumps(self._url)})" if stands_for_ones_own else None
            self._set("django_service.ecr_repository_url", self._url, code=code)

    def _zones(self) -> None:
        """Those of the same letters, also where the old ones stand in another file."""
        network = self._old.network
        if isinstance(network, ExistingNetworkInputs):
            return
        if self._source.rewrite(lambda code: code.replace(self._old.region, self._region), "network.zones"):
            self._written.append(f"network.zones in {self._region}")
        else:
            zones = (zone.replace(self._old.region, self._region) for zone in network.zones)
            if not self._write("network.zones", _tuple(zones)):
                return
        self.notes.append(f"network.zones: those of {self._region}: look whether it has zones of these names")

    def _refuse_what_is_of_one_region(self) -> None:
        """What exists in the old region, and cannot be named by a rule in the new one. Raises Failure."""
        old = self._old
        existing = {
            "network": isinstance(old.network, ExistingNetworkInputs),
            "django_service.cluster.existing": old.django_service.cluster.existing is not None,
        }
        if found := [path for path, is_given in existing.items() if is_given]:
            there = f"exist{'s' * (len(found) == 1)} in {old.region} alone"
            what = f"{' and '.join(found)} of {old.name} {there}"
            remedy = f"copy its file by hand, and name those of {self._region}, or choose another --from"
            raise Failure(f"--region: {what}: {remedy}")

    def _moved(self, bucket: str) -> str:
        """The bucket of another account has another name, because names are one for all accounts of AWS."""
        if self._account == self._old.account_id or not self._is_made("state_bucket", _bucket):
            return bucket
        moved = self._renamed(bucket.replace(self._old.account_id, self._account))
        return moved if moved != bucket else f"{bucket}-{self._values.name}"

    def _recipients(self) -> None:
        emails, old = self._values.emails, self._old.alerts
        if not emails:
            return
        code = _tuple(emails)
        if old is None:
            both = "".join(f"        {topic}=RecipientsInputs(emails={code}),\n" for topic in ("urgent", "notices"))
            self._set("alerts", ", ".join(emails), code=f"AlertsInputs(\n{both}    )")
            return
        for topic, recipients in (("urgent", old.urgent), ("notices", old.notices)):
            if any(examples(recipients)) or (topic == "urgent" and recipients.emails != emails):
                self._set(f"alerts.{topic}.emails", ", ".join(emails), code=code)

    def _block(self) -> None:
        network = self._old.network
        if isinstance(network, ExistingNetworkInputs):
            if host := self._values.renamed.get(network.made_by or ""):
                self._set("network.made_by", host)
            sharing = [other.name for other in self._others if getattr(other.network, "vpc_id", "") == network.vpc_id]
            if sharing:
                self.notes.append(f"network: {network.vpc_id}, shared with {' and '.join(sharing)}")
            self._security_groups()
            return
        guests = [other for other in self._others if getattr(other.network, "made_by", None) == self._values.name]
        old, new = IPv4Network(network.cidr), free_block(network, [each for each in self._others if each not in guests])
        if new == old:
            return

        def moved(code: str) -> str:
            """Subnets keep their place in the block."""
            try:
                block = IPv4Network(ast.literal_eval(code))
            except ValueError:
                return code
            if not block.subnet_of(old):
                return code
            start = int(new.network_address) + int(block.network_address) - int(old.network_address)
            return json.dumps(str(IPv4Network((start, block.prefixlen))))

        code = json.dumps(str(new))
        if not self._source.rewrite(moved, "network"):
            self._write("network.cidr", code)
        else:
            if self._source.find("network.cidr") is not None:
                self._source.set("network.cidr", code)
            self._written.append(f"network.cidr={code}")
        owner = next(other.name for other in self._others if _block(other).overlaps(old))
        self.notes.append(f"network.cidr: {new}, because {old} overlaps that of {owner}")

    def _security_groups(self) -> None:
        """Those that exist may be shared, but EC2 takes each rule between two of them once."""
        own = _security_groups(self._old)
        for path, group in own.items():
            owners = [other for other in self._others if _security_groups(other).get(path) == group]
            ruled = [other.name for other in owners if len({*own.items()} & {*_security_groups(other).items()}) > 1]
            if path == _TASKS and ruled:
                self._leave_out(path, "None")
                why = f"because {ruled[0]} adds the rules between it and the others"
                self.notes.append(f"{path}: left out, {why}: the tasks have a group of their own")
            elif owners:
                names = " and ".join(other.name for other in owners)
                self.notes.append(f"{path}: {group}, shared with {names}")

    def _names(self) -> None:
        """The names that visitors use, and those of the certificate."""
        new, given = self._values.name, self._values.arguments
        field, zone, old = self._old.dns_field, self._old.zone, self._old.dns_inputs
        path = f"{field}.record_name" if zone else f"{field}.hostname"
        name = getattr(old, path.rpartition(".")[2])
        record = given.get(path) or self._renamed(name)
        hostname = full_name(record, given.get(f"{field}.zone_name", zone.name)) if zone else record
        owners = [other.name for other in self._others if hostname in other.hostnames]
        if owners and path not in given:
            own = new if record == "@" else f"{new}-{record}"
            self._set(path, own, f", because {hostname} is {owners[0]}'s")
        elif record != name and self._source.find(path) is None:
            self._set(path, record)
        for further in ("further_hostnames", "further_records"):
            owners = [
                other.name
                for other in self._others
                if {*getattr(other.dns_inputs, further, ())} & {*getattr(old, further, ())}
            ]
            if owners:
                self._leave_out(f"{field}.{further}", "()")
                self.notes.append(f"{field}.{further}: left out, because {owners[0]} has them")
        certificate = self._old.certificate
        names = {self._renamed(name).removeprefix("*.") for name in certificate.subject_alternative_names}
        for other in self._others:
            taken = other.certificate.validated_names(other.hostname)
            if other.account_id == self._account and names & taken:
                self._leave_out("certificate.subject_alternative_names", "()")
                why = f"because {other.name} has the validation record of {min(names & taken)}"
                self.notes.append(f"certificate.subject_alternative_names: left out, {why}")
                break
        if certificate.existing_arn:
            self.notes.append(
                "certificate.existing_arn: as before: it must cover the new name, in the same account and region"
            )

    def _retiring(self) -> None:
        """Nothing leaves an environment that is new."""
        old = self._old
        for path, is_given, otherwise in (
            ("certificate.retiring", old.certificate.retiring is not None, "None"),
            ("network.retiring_zones", bool(getattr(old.network, "retiring_zones", ())), "()"),
            ("network.retiring_security_group", getattr(old.network, "retiring_security_group", False), "False"),
            ("redis.draining_broker", old.redis is not None and old.redis.draining_broker, "False"),
            ("redis.switching_authentication", old.redis is not None and old.redis.switching_authentication, "False"),
        ):
            if is_given:
                self._leave_out(path, otherwise)
                self.notes.append(f"{path}: left out, because nothing of it is deployed")

    def _chat(self) -> None:
        """An account takes a channel once."""
        own = _channels(self._old)
        owners = [other.name for other in self._others if other.account_id == self._account and own & _channels(other)]
        alerts = self._old.alerts
        if owners and alerts and not (alerts.urgent.emails or alerts.urgent.endpoints or self._values.emails):
            self._leave_out("alerts", "None")
            why = f"because only a channel is woken by it, which {owners[0]} has in the same account"
            self.notes.append(f"alerts: left out, {why}: nobody is told of anything, until you name an address there")
        elif owners:
            self._leave_out("alerts.chat", "None")
            self.notes.append(f"alerts.chat: left out, because {owners[0]} has its channels in the same account")

    def _zone(self) -> None:
        """A zone has one group of settings, and one ruleset for each of its phases."""
        field, old = self._old.dns_field, self._old.dns_inputs
        zone_id = self._values.arguments.get(f"{field}.zone_id", self._old.zone.id if self._old.zone else None)
        for name in OF_THE_ZONE:
            owners = [
                other.name
                for other in self._others
                if other.zone and other.zone.id == zone_id and getattr(other.dns_inputs, name, None)
            ]
            if owners and getattr(old, name, None):
                path = f"{field}.{name}"
                self._leave_out(path, "None")
                self.notes.append(f"{path}: left out, because {owners[0]} has that of the zone")

    def _bootstrap(self) -> None:
        """What an account has once is made by one of its environments."""
        arguments: dict[str, tuple[str, str]] = {}
        for name, code, why in (*self._github(), *self._made_already()):
            arguments.setdefault(name, (code, why))
        if arguments and self._source.find("bootstrap") is None and self._source.is_whole:
            self._source.set("bootstrap", "BootstrapInputs()")
        for name, (code, why) in arguments.items():
            if self._write(f"bootstrap.{name}", code):
                self.notes.append(f"bootstrap.{name}: {code}{why}")

    def _github(self) -> Iterator[tuple[str, str, str]]:
        given, old = self._values.github, self._old.bootstrap.github
        if given and old:
            yield "github.repository", json.dumps(given), ""
        elif given:
            yield "github", f"GithubOidcInputs(repository={json.dumps(given)})", ""

    def _made_already(self) -> Iterator[tuple[str, str, str]]:
        old = self._old.bootstrap
        here = [each for each in self._others if each.account_id == self._account]
        for name, resource, value in (
            ("state_bucket", _bucket, self._bucket),
            ("ecr_repository", _repository, self._url),
        ):
            users = [each for each in here if value and resource(each) == value]
            makers = [each.name for each in users if getattr(each.bootstrap, name)]
            if getattr(old, name) is None:
                if value and not makers:
                    self._make(name, resource, value)
            elif makers:
                yield name, "None", f", because {makers[0]} has it in the same account"
            elif users:
                why = f"as for {users[0].name}, and no environment here makes it: look whether the account has it"
                yield name, "None", f", {why}"
        providers = [each.name for each in here if each.bootstrap.github]
        if providers and (self._values.github or old.github):
            yield "github.existing_provider", "True", f", because {providers[0]} has it in the same account"
        elif self._account != self._old.account_id and old.github and old.github.existing_provider:
            same = (each.bootstrap.github for each in self._before if each.account_id == self._old.account_id)
            if any(github and not github.existing_provider for github in same):
                yield "github.existing_provider", "False", f", because no environment here has it in {self._account}"

    def _make(self, name: str, resource: Callable[[Environment], str], value: str) -> None:
        """What the old environment leaves to another one, which does not make that of the new one."""
        path, is_other = f"bootstrap.{name}", value != resource(self._old)
        if is_other and self._is_made(name, resource):
            self._leave_out(path, _DEFAULTS[name])
            self.notes.append(f"{path}: {_DEFAULTS[name]}, because no other environment makes {value}")
        elif self._account != self._old.account_id and (is_other or name == "state_bucket"):
            what = f"None as before, and no environment here makes {value}"
            self.notes.append(f"{path}: {what}: it must be there, and admit the account {self._account}")

    def _is_made(self, name: str, resource: Callable[[Environment], str]) -> bool:
        """Whether the old environment, or one beside it, makes what the old one uses."""
        old = self._old
        same = (e for e in self._before if (e.account_id, resource(e)) == (old.account_id, resource(old)))
        return any(getattr(each.bootstrap, name) for each in same)

    def _mentions(self) -> None:
        """Strings that still name the old environment or its account, such as the ARN of a secret."""
        shared = {*self._source.strings("name", "state.bucket", "django_service.ecr_repository_url", *_NAMED)}
        tokens = {self._old.name} - {self._values.name} | ({self._old.account_id} - {self._account})
        if self._region != self._old.region:  # the bucket of the states may stay there
            shared |= {*self._source.strings("state.region")}
            tokens.add(self._old.region)
        pattern = "|".join(map(_token, sorted(tokens)))
        for start, end, code in sorted({*self._source.strings()} - shared) if pattern else ():
            if found := re.search(pattern, code):
                line = self._source.line(start)
                text = code if end - start <= 60 else f"{code[:57]}..."
                named = found[0] if found[0] == self._old.region else self._old.name
                self.notes.append(f"line {line}: {text} names {named}: change it if {self._values.name} differs")


def _bucket(environment: Environment) -> str:
    """The bucket of its states; empty where they are in none."""
    return environment.state.bucket if isinstance(environment.state, S3State) else ""


def _repository(environment: Environment) -> str:
    """The URL of its image repository; empty where that is none of ECR."""
    return environment.django_service.ecr_repository_url or ""


def _channels(environment: Environment) -> set[str]:
    """What it takes of an account's chat integration."""
    chat = environment.alerts.chat if environment.alerts else None
    return {channel.once for channel in (chat or {}).values()}


def free_block(network: NetworkInputs, others: Iterable[Environment]) -> IPv4Network:
    """The block of a network, or else the next of its size that overlaps no other environment's. Raises Failure."""
    taken = [_block(other) for other in others]
    for block in _candidates(IPv4Network(network.cidr)):
        wrong = any(problem.field == "cidr" for problem in replace(network, cidr=str(block)).rules())
        if not wrong and not any(block.overlaps(other) for other in taken):
            return block
    raise Failure(f"network.cidr: no private block of the size of {network.cidr} is free: use smaller ones")


def _candidates(own: IPv4Network) -> Iterator[IPv4Network]:
    yield own
    for home in sorted(_PRIVATE, key=own.overlaps, reverse=True):
        if own.prefixlen >= home.prefixlen:
            blocks = [*home.subnets(new_prefix=own.prefixlen)]
            yield from (block for block in blocks if block > own)
            yield from (block for block in blocks if block < own)


def _block(environment: Environment) -> IPv4Network:
    network = environment.network
    return IPv4Network(network.vpc_cidr if isinstance(network, ExistingNetworkInputs) else network.cidr)


def _security_groups(environment: Environment) -> dict[str, str]:
    """Those that exist, by the inputs that name them."""
    network = environment.network
    found = {
        _TASKS: getattr(network, "application_security_group_id", None),
        "network.endpoint_security_group_id": getattr(network, "endpoint_security_group_id", None),
        "django_service.load_balancer.security_group_id": environment.django_service.load_balancer.security_group_id,
    }
    return {path: group for path, group in found.items() if group}


def _tuple(texts: Iterable[str]) -> str:
    """As Python."""
    items = [*map(json.dumps, texts)]
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def with_name(text: str, old: str, new: str) -> str:
    """A text with the name of an environment in place of another, where that stands alone, as `dev` in `dev-api`."""
    return re.sub(_token(old), new, text)


def _token(name: str) -> str:
    return rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
