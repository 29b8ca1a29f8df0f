"""Answers in the cache, which hold until the data changes."""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache

from salaries.models import DataVersion

ANSWER_SECONDS = 300

T = TypeVar("T")


def forget() -> None:
    """The data has changed, so no answer in the cache holds any more. Call it in the transaction of the change.

    The version is in the database: the cache may be away when the data changes, and be back with its old answers.
    """
    DataVersion.objects.update_or_create(pk=DataVersion.ONLY, defaults={"version": uuid.uuid4()})


def remembered(question: list[Any], answer: Callable[[], T]) -> T:
    """What has been answered since the data changed is not computed again.

    The key holds the version of the data, so an answer that was computed from older rows is never found, even where
    it is stored after the change.
    """
    version = DataVersion.objects.values_list("version", flat=True).first()
    digest = hashlib.blake2b(json.dumps(question, sort_keys=True).encode(), digest_size=16).hexdigest()
    key = f"salaries:answer:{version}:{digest}"
    known = cache.get(key)
    if known is None:
        known = answer()
        cache.set(key, known, ANSWER_SECONDS)
    return known
