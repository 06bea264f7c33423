from django.contrib.auth.views import LogoutView
from django.urls import path

from core import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignInView.as_view(), name="login"),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("views/save/", views.view_save, name="view-save"),
    path("views/<int:pk>/change/", views.view_change, name="view-change"),
    path("views/<int:pk>/delete/", views.view_delete, name="view-delete"),
    path("language/", views.set_language, name="set-language"),
]
