from django.urls import path
from django.views.generic import RedirectView

from salaries import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="dashboard"), name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("hello/", views.hello, name="hello"),
]
