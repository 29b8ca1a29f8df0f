"""What we write is right for the AWS provider's next major version too, by the schema in newer bindings.

They are downloaded by name, and only read: neither installed nor imported. What they say of an argument is its name,
whether it is required, and what is in its block; nothing of deprecations, which a plan with the version tells.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from cli.local_aws.cloudflare_stand_in.schema import Bindings
from stacks.config.overrides import META_ARGUMENTS
from stacks.django_backend import compose
from stacks.units import bootstrap
from tests.alternatives import alternatives
from tests.environments import ENVIRONMENTS, frozen
from tests.stacks.permissions.policies import everything
from tests.support import Json, read_output
from tests.terraform import require

pytestmark = pytest.mark.slow

PACKAGE, VERSION = "cdktf-cdktf-provider-aws", "21.22.1"
_META = {"//", "lifecycle", *META_ARGUMENTS}


@pytest.fixture(scope="module")
def bindings(request: pytest.FixtureRequest) -> Bindings:
    """Those of the newer package, which is kept in the cache of pytest."""
    directory = request.config.cache.mkdir(f"{PACKAGE}-{VERSION}")
    wheels = list(directory.glob("*.whl")) or download(directory)
    require(wheels, f"a way to the package index, for {PACKAGE} {VERSION}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        (archive,) = (name for name in wheel.namelist() if name.endswith(".jsii.tgz"))
        return Bindings.of(io.BytesIO(wheel.read(archive)))


def download(directory: Path) -> list[Path]:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    limits = ["--timeout=15", "--retries=1", "--disable-pip-version-check"]
    partial = directory / "partial"
    done = subprocess.run(
        [*command, *limits, "--dest", str(partial), f"{PACKAGE}=={VERSION}"], check=False, timeout=300
    )
    found = [wheel.rename(directory / wheel.name) for wheel in partial.glob("*.whl")]
    return found if done.returncode == 0 else []


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """All units, with every alternative of every input."""
    app = App(outdir=str(tmp_path_factory.mktemp("units")))
    for environment in (*map(frozen, ENVIRONMENTS), *(each.environment for each in alternatives())):
        compose(app, environment)
    bootstrap.compose(app, everything())
    app.synth()
    return dict(read_output(Path(app.outdir)))


def test_every_argument_that_we_write_is_in_the_next_major_version_and_none_is_missing(
    bindings: Bindings, documents: dict[str, Json]
) -> None:
    known = bindings.configurable()
    structs: dict[str, Json] = {}
    found, seen = set(), set()
    for document in documents.values():
        for kind, values in written(document):
            if kind not in known:
                found.add(f"{kind}: there is no such type")
                continue
            attributes = structs.setdefault(kind, bindings.arguments(known[kind]))
            seen.add(kind)
            found.update(f"{kind}{problem}" for problem in problems(attributes, values))
    assert len(seen) > 45
    assert not found, "\n".join(sorted(found))


def test_a_renamed_and_a_missing_argument_would_be_found(bindings: Bindings) -> None:
    instance = bindings.arguments(bindings.configurable()["aws_db_instance"])
    assert [*problems(instance, {"name": "app", "restore_to_point_in_time": {"when": "now"}})] == [
        ".name: there is no such argument",
        ".restore_to_point_in_time.when: there is no such argument",
        ".instance_class: is missing",
    ]
    record = bindings.arguments(bindings.configurable()["aws_route53_record"])
    alias = {"name": "lb", "zone_id": "Z0", "evaluate_target_health": True}
    assert [*problems(record, {"zone_id": "Z0", "name": "a", "type": "A", "alias": alias})] == []
    service = bindings.arguments(bindings.configurable()["aws_ecs_service"])
    assert [*problems(service, {"name": "web", "load_balancer": [{"container_name": "web"}]})] == [
        ".load_balancer[0].container_port: is missing"
    ]


def written(document: Json) -> Iterator[tuple[str, Json]]:
    """Each resource and data source of AWS's: its type, and what is written for it."""
    for block, prefix in (("resource", ""), ("data", "data.")):
        for kind, resources in document.get(block, {}).items():
            if kind.startswith("aws_"):
                yield from ((f"{prefix}{kind}", values) for values in resources.values())


def problems(attributes: Json, values: Json, path: str = "") -> Iterator[str]:
    """What the schema says of values, down to the last block."""
    for name, value in values.items():
        if name in _META and not path:
            continue
        if name not in attributes:
            yield f"{path}.{name}: there is no such argument"
        elif "nested" in attributes[name]:
            for key, block in blocks(value):
                yield from problems(attributes[name]["nested"], block, f"{path}.{name}{key}")
    for name, attribute in attributes.items():
        if attribute.get("required") and name not in values:
            yield f"{path}.{name}: is missing"


def blocks(value: Any) -> Iterator[tuple[str, Json]]:
    """The blocks of an argument, which is one or has several."""
    if isinstance(value, dict):
        yield "", value
    elif isinstance(value, list):
        yield from ((f"[{index}]", each) for index, each in enumerate(value) if isinstance(each, dict))
