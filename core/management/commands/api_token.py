"""``manage.py api_token USERNAME``: give somebody access to the REST API, renew it, or take it away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rest_framework.authtoken.models import Token

from core.models import User


class Command(BaseCommand):
    help = "Print a new API token for a user (any older one stops working), or revoke it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--revoke", action="store_true", help="take the token away and give no new one")

    @transaction.atomic(durable=True)
    def handle(self, *args: Any, username: str, revoke: bool, **options: Any) -> None:
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username}.")
        revoked, _rows = Token.objects.filter(user=user).delete()
        if revoke:
            self.stderr.write(f"{username} had no token." if not revoked else f"The token of {username} is revoked.")
            return
        if not user.get_all_permissions():
            self.stderr.write(f"{username} has no permissions yet: add them to a role, such as Integrations.")
        self.stdout.write(Token.objects.create(user=user).key)
