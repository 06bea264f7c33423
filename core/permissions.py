"""API permissions: each action names its permission; an unmapped action is forbidden."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class ActionPermission(BasePermission):
    """Allows a signed-in user who has the permission that ``view.permissions`` maps the action to."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if request.method == "OPTIONS":
            return True
        action = getattr(view, "action", None) or (request.method or "").lower()
        needed: str | None = getattr(view, "permissions", {}).get(action)
        return needed is not None and request.user.has_perm(needed)
