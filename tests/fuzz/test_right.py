"""Any right environment synthesizes, and Terraform with the real AWS provider finds nothing wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cdktf import App
from hypothesis import HealthCheck, given, seed, settings

from modules.validation import validate
from stacks.config.schema import Environment
from stacks.django_backend import compose
from tests import terraform
from tests.fuzz.right import environments
from tests.support import Json, read_output

pytestmark = pytest.mark.thorough

# One Terraform run looks at many environments: most of what it costs is to load the provider's schema.
BATCHES = [(0, 12), *(pytest.param(number, 30, marks=pytest.mark.slow) for number in range(1, 11))]


@pytest.mark.parametrize(("batch", "examples"), BATCHES)
def test_right_environments_synthesize_and_are_valid(
    batch: int, examples: int, mirrors: dict[str, Path], tmp_path: Path
) -> None:
    documents: dict[str, Json] = {}
    made: list[Environment] = []

    @seed(batch)
    @settings(max_examples=examples, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(environment=environments())
    def synthesize(environment: Environment) -> None:
        validate(environment)
        number = len(made)
        made.append(environment)
        output = tmp_path / str(number)
        app = App(outdir=str(output))
        compose(app, environment)
        app.synth()
        documents.update((f"{unit}-{number}", document) for unit, document in read_output(output))

    synthesize()
    assert len(made) >= examples
    assert len(documents) == sum(len(environment.units) for environment in made)
    assert terraform.validate_together(documents, tmp_path / "terraform", mirrors) == []
