"""Stock policies set by hand: with a reason, until somebody gives them back to the forecast."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import IllegalTransition, InvalidInput, Outdated
from core.transactions import retry_on_conflict
from inventory.places import Place
from inventory.services import MAX_QUANTITY
from purchasing.locks import lock_policy
from purchasing.models import StockPolicy
from purchasing.policy_sheet import LevelChange
from purchasing.services.reorder import mark_for_check

LEVELS = ("safety_stock", "reorder_point", "order_up_to")


@retry_on_conflict
@transaction.atomic(durable=True)
def set_policy_by_hand(
    place: Place, *, safety_stock: int, reorder_point: int, order_up_to: int, reason: str
) -> StockPolicy:
    """Fix the levels of a place; the forecast leaves them alone from then on.

    Locks: StockPolicy. Raises: InvalidInput.
    """
    levels = dict(zip(LEVELS, (safety_stock, reorder_point, order_up_to), strict=True))
    _check(levels, reason)
    return _set(place, levels, reason)


@retry_on_conflict
@transaction.atomic(durable=True)
def set_policies_by_hand(changes: Sequence[LevelChange], *, reason: str) -> int:
    """Fix the levels of many places as somebody saw them in a preview; all or nothing. Returns how many.

    Locks: StockPolicy. Raises: InvalidInput, Outdated when one has changed since.
    """
    for change in sorted(changes, key=lambda one: (one.product_id, one.warehouse_id)):
        levels = dict(zip(LEVELS, change.after, strict=True))
        _check(levels, reason)
        place = (change.product_id, change.warehouse_id)
        policy = lock_policy(place)
        if (policy and [getattr(policy, name) for name in LEVELS]) != change.before:
            raise Outdated(
                _("%(sku)s in %(warehouse)s has changed since the preview: nothing was changed, choose the file again.")
                % {"sku": change.sku, "warehouse": change.warehouse}
            )
        _set(place, levels, reason)
    return len(changes)


def _set(place: Place, levels: Mapping[str, int], reason: str) -> StockPolicy:
    policy = lock_policy(place) or StockPolicy(product_id=place[0], warehouse_id=place[1])
    before = {name: getattr(policy, name) for name in LEVELS} | {"source": policy.source if policy.pk else None}
    for name, value in levels.items():
        setattr(policy, name, value)
    # The service level was the forecast's, for its own levels.
    policy.source, policy.service_level, policy.updated_at = StockPolicy.Source.MANUAL, None, timezone.now()
    policy.save()
    audit.record("stock_policy", policy.pk, "set_by_hand", before=before, after=dict(levels), reason=reason.strip())
    mark_for_check({place})
    return policy


@retry_on_conflict
@transaction.atomic(durable=True)
def return_policy_to_forecast(place: Place) -> StockPolicy:
    """Let the forecast set this policy again; its levels stay until the next run.

    Locks: StockPolicy. Raises: IllegalTransition when it is not set by hand.
    """
    policy = lock_policy(place)
    if policy is None or policy.source != StockPolicy.Source.MANUAL:
        raise IllegalTransition(_("This policy is not set by hand."))
    policy.source, policy.updated_at = StockPolicy.Source.FORECAST, timezone.now()
    policy.save(update_fields=["source", "updated_at"])
    audit.record("stock_policy", policy.pk, "returned_to_forecast")
    return policy


def _check(levels: dict[str, int], reason: str) -> None:
    errors = {}
    for name, value in levels.items():
        if not 0 <= value <= MAX_QUANTITY:
            errors[name] = _("Enter a whole number from 0 to %s.") % MAX_QUANTITY
    if levels["reorder_point"] < levels["safety_stock"]:
        errors.setdefault("reorder_point", _("The reorder point cannot be below the safety stock."))
    if levels["order_up_to"] < levels["reorder_point"]:
        errors.setdefault("order_up_to", _("The order-up-to level cannot be below the reorder point."))
    if not reason.strip():
        errors["reason"] = _("Say why, for whoever looks at these levels later.")
    if errors:
        raise InvalidInput(_("The policy was not changed: please correct the fields named."), field_errors=errors)
