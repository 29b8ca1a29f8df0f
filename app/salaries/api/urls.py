from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from salaries.api import views

router = SimpleRouter()
router.register("observations", views.ObservationViewSet)

urlpatterns = [
    path("salaries/", views.SummaryView.as_view(), name="salaries"),
    path("salaries/comparison/", views.ComparisonView.as_view(), name="salaries-comparison"),
    path("salaries/insights/", views.InsightsView.as_view(), name="salaries-insights"),
    path("filters/", views.ChoicesView.as_view(), name="filters"),
    path("token/", TokenObtainPairView.as_view(), name="token"),
    path("token/refresh/", TokenRefreshView.as_view(), name="token-refresh"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include(router.urls)),
]
