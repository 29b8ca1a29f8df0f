from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static

ASSETS = ("dashboard.css", "dashboard.js", "charts.js", "favicon.svg")


def dashboard(request: HttpRequest) -> HttpResponse:
    assets = {name.replace(".", "_"): static(f"salaries/{name}") for name in ASSETS}
    return render(request, "salaries/dashboard.html", {"api_url": "/api/", **assets})


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello World", content_type="text/plain; charset=utf-8")
