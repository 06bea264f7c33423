"""API tokens: the user and what he may do are read in one query, as every request of an integration needs both."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token

from core.models import User
from core.statements import fetch_all

COLUMNS = [field.attname for field in User._meta.concrete_fields]
READ = f"""
    SELECT ARRAY(
        SELECT kind.app_label || '.' || permission.codename
          FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
         WHERE permission.id IN (
            SELECT permission_id FROM core_user_user_permissions WHERE user_id = owner.id
            UNION SELECT granted.permission_id FROM core_user_groups member
                    JOIN auth_group_permissions granted ON granted.group_id = member.group_id
                   WHERE member.user_id = owner.id)
    ), {", ".join(f"owner.{name}" for name in COLUMNS)}
      FROM authtoken_token token JOIN core_user owner ON owner.id = token.user_id WHERE token.key = %s::text
"""


class ApiTokenAuthentication(TokenAuthentication):
    """``Authorization: Token …``; a revoked token, user or permission counts at the next request."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Raises: AuthenticationFailed."""
        rows = fetch_all("user_of_token", READ, [key]) if "\x00" not in key else []
        if not rows:
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        permissions, *values = rows[0]
        user = User.from_db(DEFAULT_DB_ALIAS, COLUMNS, values)
        if not user.is_active:
            raise exceptions.AuthenticationFailed(_("User inactive or deleted."))
        # Where Django's model backend keeps what it has read of this user; a superuser is not asked.
        user._perm_cache = set(permissions)  # type: ignore[attr-defined]
        return user, Token(key=key, user=user)
