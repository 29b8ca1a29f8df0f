from typing import Any

from django.db import IntegrityError, transaction
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.exceptions import APIException
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from salaries import cache, canonical, dataset, selectors
from salaries.api import serializers
from salaries.models import SalaryObservation

_REFUSED = {
    400: OpenApiResponse(serializers.Failure, "a parameter is missing or malformed, or its value does not exist"),
    429: OpenApiResponse(serializers.Failure, "too many requests"),
}


class Answers(APIView):
    """What anybody may read. A token that is sent nevertheless raises the throttle's limit."""

    permission_classes = (AllowAny,)
    seconds = 60

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 200 and "Cache-Control" not in response:
            patch_cache_control(response, public=True, max_age=self.seconds)
        return response


class Refused(APIException):
    """The answer 400 with exactly this line."""

    status_code = 400


def _role_of(request: Request) -> tuple[str, dict[str, str]]:
    if not request.query_params.get("role", "").strip():
        raise Refused("role query parameter is required")
    parameters = serializers.RoleParameters(data=request.query_params)
    parameters.is_valid(raise_exception=True)
    role = canonical.slug(parameters.validated_data["role"])
    if not role:
        raise Refused("role: holds no letter and no digit")
    return role, parameters.filters()


class SummaryView(Answers):
    @extend_schema(
        operation_id="salaries",
        summary="What a role earns, by currency, level, state and work model",
        parameters=[serializers.RoleParameters],
        responses={200: serializers.Summary, **_REFUSED},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        return Response(selectors.summary(*_role_of(request)))


class InsightsView(Answers):
    @extend_schema(
        operation_id="salaries_insights",
        summary="Percentiles of a role, and where it earns most",
        parameters=[serializers.RoleParameters],
        responses={200: serializers.Insights, **_REFUSED},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        return Response(selectors.insights(*_role_of(request)))


class ComparisonView(Answers):
    @extend_schema(
        operation_id="salaries_comparison",
        summary="Several roles side by side",
        parameters=[
            serializers.FilterParameters,
            OpenApiParameter("roles", str, description=f"separated by commas, at most {serializers.MOST_ROLES}"),
            OpenApiParameter("role", str, many=True, description="instead of roles or with it; may be repeated"),
        ],
        responses={200: serializers.Comparison, **_REFUSED},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        parameters = serializers.ComparisonParameters(data=request.query_params)
        parameters.is_valid(raise_exception=True)
        roles, filters = parameters.names(), parameters.filters()
        if not roles:
            raise Refused("roles query parameter is required")
        if len(roles) > serializers.MOST_ROLES:
            raise Refused(f"roles: at most {serializers.MOST_ROLES} can be compared")
        shared = {name: filters.get(name) for name in selectors.FILTERS}
        return Response({"filters": {"roles": roles, **shared}, "roles": selectors.comparison(roles, filters)})


class ChoicesView(Answers):
    seconds = cache.ANSWER_SECONDS

    @extend_schema(
        operation_id="filters",
        summary="The values that filters can have",
        responses={200: serializers.Choices, 429: _REFUSED[429]},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        choices = selectors.choices()
        # Nothing is no answer to keep: whoever loads the first data wants to see it.
        return Response(choices, headers=None if choices["roles"] else {"Cache-Control": "no-store"})


class Duplicate(APIException):
    status_code = 409
    default_detail = "this observation is already there"


class ObservationViewSet(viewsets.ModelViewSet):
    """The observations, newest first. Writing needs a token of a user who has the model's permissions."""

    queryset = SalaryObservation.objects.all()
    serializer_class = serializers.ObservationSerializer
    http_method_names = ("get", "post", "put", "patch", "delete", "head", "options")
    lookup_value_regex = r"\d{1,18}"

    def perform_create(self, serializer: BaseSerializer) -> None:
        self._write(serializer)

    def perform_update(self, serializer: BaseSerializer) -> None:
        self._write(serializer, before=self.get_object().role)

    @transaction.atomic
    def perform_destroy(self, observation: SalaryObservation) -> None:
        observation.delete()
        dataset.forget_role(observation.role)

    @staticmethod
    def _write(serializer: BaseSerializer, before: str | None = None) -> None:
        try:
            with transaction.atomic():
                after = serializer.save()
                # What was saved is shown as it is stored.
                after.refresh_from_db()
                for role in {after.role, before or after.role}:
                    dataset.forget_role(role)
        except IntegrityError as error:  # somebody else wrote the same between the check and the write
            raise Duplicate from error
