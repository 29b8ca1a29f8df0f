"""Inputs of the services on ECS Fargate."""

from __future__ import annotations

from modules.validation import inputs


@inputs
class WebInputs:
    cpu: int
    memory_mib: int
    desired_count: int


@inputs
class WorkerInputs:
    cpu: int
    memory_mib: int
    desired_count: int


@inputs
class BeatInputs:
    cpu: int = 256
    memory_mib: int = 512
