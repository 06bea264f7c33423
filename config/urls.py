"""Every address of the product; each room keeps its own list."""

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import health
from core.api import UnknownAddress

urlpatterns = [
    # Before the rooms without a prefix: otherwise each of their addresses is compared with each request of the API.
    path("api/v1/", include("config.api_urls")),
    path("", include("core.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("health/invariants", health.invariants),
    path("admin/", admin.site.urls),
    path("", include("orders.urls")),
    path("", include("inventory.urls")),
    path("purchasing/", include("purchasing.urls")),
    path("forecasts/", include("forecasting.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs/", login_required(SpectacularSwaggerView.as_view(url_name="api-schema")), name="api-docs"),
    path("dashboard/", include("reports.urls")),
    re_path("^api/", UnknownAddress.as_view()),
]
