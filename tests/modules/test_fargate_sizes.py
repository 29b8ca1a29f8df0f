"""The sizes of Fargate tasks."""

from __future__ import annotations

import pytest

from modules.task_definition.fargate import MEMORY_MIB, size_rules


@pytest.mark.parametrize("cpu", MEMORY_MIB)
def test_every_listed_pair_is_allowed(cpu: int) -> None:
    assert not [problem for memory in MEMORY_MIB[cpu] for problem in size_rules(cpu, memory)]


def test_the_table_is_that_of_aws() -> None:
    assert {cpu: (sizes[0], sizes[-1], len(sizes)) for cpu, sizes in MEMORY_MIB.items()} == {
        256: (512, 2048, 3),
        512: (1024, 4096, 4),
        1024: (2048, 8192, 7),
        2048: (4096, 16384, 13),
        4096: (8192, 30720, 23),
        8192: (16384, 61440, 12),
        16384: (32768, 122880, 12),
    }


@pytest.mark.parametrize(
    ("cpu", "memory_mib", "field", "what", "remedy"),
    [
        (500, 1024, "cpu", "Fargate has no 500 CPU units", "choose one of 256, 512, 1024, 2048, 4096, 8192, 16384"),
        (256, 4096, "memory_mib", "Fargate has no 4096 MiB with 256 CPU units", "choose one of 512, 1024, 2048"),
        (512, 512, "memory_mib", "Fargate has no 512 MiB with 512 CPU units", "choose 1024 to 4096 in steps of 1024"),
        (1024, 2500, "memory_mib", "Fargate has no 2500 MiB with 1024", "choose 2048 to 8192 in steps of 1024"),
        (8192, 17408, "memory_mib", "Fargate has no 17408 MiB", "choose 16384 to 61440 in steps of 4096"),
        (16384, 122881, "memory_mib", "Fargate has no 122881 MiB", "choose 32768 to 122880 in steps of 8192"),
        (-1, 0, "cpu", "Fargate has no -1 CPU units", "choose one of 256"),
    ],
)
def test_any_other_pair_is_told_what_to_choose(cpu: int, memory_mib: int, field: str, what: str, remedy: str) -> None:
    (problem,) = size_rules(cpu, memory_mib)
    assert problem.field == field
    assert what in problem.what
    assert remedy in problem.remedy
