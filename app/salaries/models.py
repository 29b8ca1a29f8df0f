from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import DateField, DecimalField, F, Q, Value
from django.db.models.functions import Coalesce

from salaries import canonical
from salaries.fields import CanonicalField

FIRST_CENT = Decimal("0.01")


def _money(**options: Any) -> models.DecimalField:
    return models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(FIRST_CENT)], **options)


def _sum(**options: Any) -> models.DecimalField:
    return models.DecimalField(max_digits=24, decimal_places=2, **options)


DIMENSIONS = ("source", "role", "level", "location", "state", "country", "currency", "work_model")


class Described(models.Model):
    """Who earns something: the DIMENSIONS."""

    source = CanonicalField(canonical.slug, max_length=100)
    role = CanonicalField(canonical.slug, max_length=150)
    level = CanonicalField(canonical.level, max_length=100, blank=True, default="")
    location = CanonicalField(canonical.title, max_length=150, blank=True, default="")
    state = CanonicalField(canonical.state, max_length=30, blank=True, default="")
    country = CanonicalField(canonical.country, max_length=100)
    currency = CanonicalField(canonical.currency, max_length=10)
    work_model = CanonicalField(canonical.work_model, max_length=50, blank=True, default="")

    class Meta:
        abstract = True


class SalaryObservation(Described):
    """What one source says that somebody earns. Amounts are yearly, in `currency`, and above zero."""

    base_salary_min = _money(null=True, blank=True)
    base_salary_max = _money(null=True, blank=True)
    total_compensation = _money()
    observed_at = models.DateField(null=True, blank=True)
    ingested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        # An index for each column by name and not by db_index, which on PostgreSQL makes a second one for LIKE.
        indexes = (
            *(models.Index(fields=[name], name=f"salary_{name}") for name in DIMENSIONS),
            models.Index(fields=["role", "country", "state", "work_model"], name="salary_by_place"),
            models.Index(fields=["role", "level", "currency"], name="salary_by_level"),
        )
        constraints = (
            # NULL equals nothing, not even NULL: without a stand-in every row without a date would be unique, and
            # appending a file twice would double it. NULLS NOT DISTINCT says the same, but not on SQLite.
            models.UniqueConstraint(
                "source",
                "role",
                "level",
                "location",
                "state",
                "country",
                "currency",
                "work_model",
                Coalesce("base_salary_min", Value(0), output_field=DecimalField(max_digits=12, decimal_places=2)),
                Coalesce("base_salary_max", Value(0), output_field=DecimalField(max_digits=12, decimal_places=2)),
                "total_compensation",
                Coalesce("observed_at", Value(date.min), output_field=DateField()),
                name="unique_salary_observation",
                violation_error_message="this observation is already there",
            ),
            models.CheckConstraint(
                condition=Q(base_salary_min__lte=F("base_salary_max"))
                | Q(base_salary_min=None)
                | Q(base_salary_max=None),
                name="base_salary_in_order",
                violation_error_message="base_salary_min is above base_salary_max",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.level} {self.total_compensation} {self.currency}"

    def clean(self) -> None:
        if not self.role:
            raise ValidationError({"role": "holds no letter and no digit"})


class SalaryCell(Described):
    """All observations that differ in nothing but amounts and date, added up when the data is loaded.

    A question with filters adds up some thousand cells, where there may be a million observations. Percentiles cannot
    be added up, so a cell keeps each `total_compensation` too, sorted and packed by `salaries.tally`.
    """

    observations = models.PositiveIntegerField()
    total = _sum()
    lowest_total = _sum()
    highest_total = _sum()
    minimum = _sum(null=True)
    minimums = models.PositiveIntegerField()
    sum_of_minimums = _sum(null=True)
    maximum = _sum(null=True)
    maximums = models.PositiveIntegerField()
    sum_of_maximums = _sum(null=True)
    # During a rolling deployment the release before this column loads cells without it.
    amounts = models.BinaryField(null=True)

    class Meta:
        indexes = (models.Index(fields=["role", "country", "state"], name="cell_by_place"),)

    def __str__(self) -> str:
        return f"{self.role} {self.level} {self.location} {self.observations} {self.currency}"


class SalaryRoleAggregate(models.Model):
    """The answers for a role without further filters, computed when the data changes and not when somebody asks."""

    role = CanonicalField(canonical.slug, max_length=150, unique=True)
    summary = models.JSONField()
    insights = models.JSONField()
    generated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.role


class DataVersion(models.Model):
    """One row, which changes in the transaction that changes observations: answers of another version are outdated."""

    ONLY = 1

    version = models.UUIDField()

    def __str__(self) -> str:
        return str(self.version)
