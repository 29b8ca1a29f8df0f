"""What is asked and what is answered; the OpenAPI document is made of these."""

import copy
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as ModelValidationError
from rest_framework import serializers

from salaries import canonical, selectors
from salaries.models import SalaryObservation

MOST_ROLES = 20


class FilterParameters(serializers.Serializer):
    """Equal without regard to case; an empty value filters nothing."""

    location = serializers.CharField(required=False, allow_blank=True, max_length=150)
    country = serializers.CharField(required=False, allow_blank=True, max_length=100)
    state = serializers.CharField(required=False, allow_blank=True, max_length=30)
    level = serializers.CharField(required=False, allow_blank=True, max_length=100)
    currency = serializers.CharField(required=False, allow_blank=True, max_length=10)
    work_model = serializers.CharField(required=False, allow_blank=True, max_length=50)

    def filters(self) -> dict[str, str]:
        """The filters that are given, in their canonical spelling."""
        to_python = {field.name: field.to_python for field in SalaryObservation._meta.concrete_fields}
        given = {name: to_python[name](self.validated_data.get(name, "")) for name in selectors.FILTERS}
        return {name: value for name, value in given.items() if value}


class RoleParameters(FilterParameters):
    role = serializers.CharField(max_length=150)


class ComparisonParameters(FilterParameters):
    roles = serializers.CharField(required=False, allow_blank=True, max_length=3000, help_text="separated by commas")
    role = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=150), required=False, help_text="may be repeated"
    )

    def names(self) -> list[str]:
        names = [*self.validated_data.get("roles", "").split(","), *self.validated_data.get("role", [])]
        return sorted({slug for name in names if (slug := canonical.slug(name))})


# --- Answers ---------------------------------------------------------------------------------------------------------


class Failure(serializers.Serializer):
    error = serializers.CharField()


class BaseSalary(serializers.Serializer):
    min = serializers.FloatField(allow_null=True)
    max = serializers.FloatField(allow_null=True)
    average_min = serializers.FloatField(allow_null=True)
    average_max = serializers.FloatField(allow_null=True)


class TotalCompensation(serializers.Serializer):
    min = serializers.FloatField()
    max = serializers.FloatField()
    average = serializers.FloatField()


class NamedAverage(serializers.Serializer):
    name = serializers.CharField()
    observations = serializers.IntegerField()
    average_total_compensation = serializers.FloatField()


class CurrencySummary(serializers.Serializer):
    currency = serializers.CharField()
    observations = serializers.IntegerField()
    base_salary = BaseSalary()
    total_compensation = TotalCompensation()
    sources = NamedAverage(many=True)


class LevelSummary(serializers.Serializer):
    level = serializers.CharField()
    observations = serializers.IntegerField()
    currencies = CurrencySummary(many=True)


class StateSummary(serializers.Serializer):
    state = serializers.CharField()
    observations = serializers.IntegerField()
    currencies = CurrencySummary(many=True)


class WorkModelSummary(serializers.Serializer):
    work_model = serializers.CharField()
    observations = serializers.IntegerField()
    currencies = CurrencySummary(many=True)


class SharedFilters(serializers.Serializer):
    location = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    state = serializers.CharField(allow_null=True)
    level = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_null=True)
    work_model = serializers.CharField(allow_null=True)


class RoleFilters(SharedFilters):
    role = serializers.CharField()


class ComparisonFilters(SharedFilters):
    roles = serializers.ListField(child=serializers.CharField())


class Summary(serializers.Serializer):
    role = serializers.CharField()
    filters = RoleFilters()
    total_observations = serializers.IntegerField()
    currencies = CurrencySummary(many=True)
    levels = LevelSummary(many=True)
    states = StateSummary(many=True)
    work_models = WorkModelSummary(many=True)


class Comparison(serializers.Serializer):
    filters = ComparisonFilters()
    roles = Summary(many=True)


class Percentiles(serializers.Serializer):
    p25 = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    p75 = serializers.FloatField(allow_null=True)


class Insights(serializers.Serializer):
    role = serializers.CharField()
    filters = RoleFilters(help_text="`currency` is the one that the amounts are in, asked for or not")
    percentiles = Percentiles()
    top_states = NamedAverage(many=True)
    top_locations = NamedAverage(many=True)
    top_work_models = NamedAverage(many=True)
    top_sources = NamedAverage(many=True)


class Choices(serializers.Serializer):
    roles = serializers.ListField(child=serializers.CharField())
    states = serializers.ListField(child=serializers.CharField())
    levels = serializers.ListField(child=serializers.CharField())
    work_models = serializers.ListField(child=serializers.CharField())


# --- Observations ----------------------------------------------------------------------------------------------------


class ObservationSerializer(serializers.ModelSerializer):
    class Meta:
        model = SalaryObservation
        fields = (
            "id", "source", "role", "level", "location", "state", "country", "currency", "work_model",
            "base_salary_min", "base_salary_max", "total_compensation", "observed_at", "ingested_at",
        )  # fmt: skip

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The model's own rules, which serializers do not run: canonical spelling, uniqueness, amounts in order."""
        observation = copy.copy(self.instance) if self.instance else SalaryObservation()
        for name, value in values.items():
            setattr(observation, name, value)
        try:
            observation.full_clean(exclude=["ingested_at"])
        except ModelValidationError as error:
            messages = dict(error.message_dict)
            if general := messages.pop(NON_FIELD_ERRORS, None):
                messages["non_field_errors"] = general
            raise serializers.ValidationError(messages) from error
        return values
