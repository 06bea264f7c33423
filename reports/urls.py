"""Addresses of the dashboards."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("<slug:measure>/rows/", views.rows, name="rows"),
]
