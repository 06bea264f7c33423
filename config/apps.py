from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ConfigConfig(AppConfig):
    """The composition root as an app: it holds commands and syncs the roles after every migrate."""

    name = "config"
    verbose_name = _("Configuration")

    def ready(self) -> None:
        from config.roles import sync_roles

        # Django sends this only for apps with models, which this one has not.
        post_migrate.connect(sync_roles, sender=apps.get_app_config("core"))
