"""Answers in the cache, which hold until the data changes."""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache

FILTERS_KEY = "salaries:filters"
FILTERS_SECONDS = 300
ANSWER_SECONDS = 300
_GENERATION_KEY = "salaries:generation"

T = TypeVar("T")


def forget() -> None:
    """The data has changed, so no answer in the cache holds any more."""
    cache.delete(_GENERATION_KEY)
    cache.delete(FILTERS_KEY)


def remembered(question: list[Any], answer: Callable[[], T]) -> T:
    """What has been answered since the data changed is not computed again.

    The key holds the generation of the data, so an answer that was computed from older rows is never found, even where
    it is stored after the change.
    """
    generation = cache.get_or_set(_GENERATION_KEY, uuid.uuid4().hex, None)
    digest = hashlib.blake2b(json.dumps(question, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = f"salaries:answer:{generation}:{digest}"
    known = cache.get(key)
    if known is None:
        known = answer()
        cache.set(key, known, ANSWER_SECONDS)
    return known


def choices(answer: Callable[[], T]) -> T:
    """The values that filters can have."""
    return cache.get_or_set(FILTERS_KEY, answer, FILTERS_SECONDS) or answer()
