"""The sizes that Fargate offers: CPU units (1024 are one vCPU) and the memory that each of them allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from modules.validation import Problem, show

GIB = 1024

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
MEMORY_MIB: Mapping[int, tuple[int, ...]] = {
    256: (GIB // 2, GIB, 2 * GIB),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}


def size_rules(cpu: int, memory_mib: int) -> Iterator[Problem]:
    """Only certain pairs of CPU and memory exist; RegisterTaskDefinition refuses all others."""
    allowed = MEMORY_MIB.get(cpu)
    if allowed is None:
        yield Problem("cpu", f"Fargate has no {show(cpu)} CPU units", f"choose one of {_list(tuple(MEMORY_MIB))}")
    elif memory_mib not in allowed:
        what = f"Fargate has no {show(memory_mib)} MiB with {cpu} CPU units"
        yield Problem("memory_mib", what, f"choose {_describe(allowed)}")


def storage_rules(gib: int | None) -> Iterator[Problem]:
    """The disk of a task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-task-storage.html."""
    if gib is not None and not 21 <= gib <= 200:
        yield Problem("ephemeral_storage_gib", f"got {show(gib)}", "choose 21 to 200, or remove it for 20")


def _describe(allowed: tuple[int, ...]) -> str:
    step = allowed[-1] - allowed[-2]
    even = allowed == tuple(range(allowed[0], allowed[-1] + 1, step))
    return f"{allowed[0]} to {allowed[-1]} in steps of {step}" if even else f"one of {_list(allowed)}"


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
