"""The addresses. Health checks are not among them: operations.middleware answers them before anything else."""

from django.contrib import admin
from django.urls import include, path

from salaries.login import LoginForm

admin.site.login_form = LoginForm

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("salaries.api.urls")),
    path("", include("salaries.urls")),
]
