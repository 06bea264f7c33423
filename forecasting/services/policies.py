"""From forecasts to policies: rules that somebody wants, and no change that is not worth making."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.actor import current_actor_id
from core.errors import InvalidInput
from core.transactions import retry_on_conflict
from forecasting.engine.distribution import gamma_quantile
from forecasting.engine.policy import WEEKS_PER_YEAR
from forecasting.models import DemandForecast, PolicyRule
from forecasting.worth import KEEP_BELOW, Stakes, is_worth_it, yearly_cost
from inventory.places import Place
from purchasing.models import StockPolicy, SupplierItem
from purchasing.services import set_policies
from purchasing.values import PolicyInput

LEVELS = ("safety_stock", "reorder_point", "order_up_to")
SCOPES = ("product", "supplier", "abc", "xyz")


@transaction.atomic(savepoint=False)
def apply_policies(forecasts: Sequence[DemandForecast], as_of: date) -> int:
    """Hand the policies to purchasing, which leaves those set by hand alone; returns how many it took.

    A rule of somebody's counts at once; otherwise the last levels stay unless the new ones save enough. What was
    decided is noted in each forecast's ``basis``, which is not saved here.
    """
    if not forecasts:
        return 0
    _apply_rules(forecasts, as_of)
    levels = _worth_changing(forecasts, as_of)
    return set_policies(
        [
            PolicyInput(
                product_id=row.product_id,
                warehouse_id=row.warehouse_id,
                service_level=row.service_level,
                basis=row.basis,
                **levels[n],
            )
            for n, row in enumerate(forecasts)
        ]
    )


def stakes_of(rows: Sequence[DemandForecast]) -> Stakes:
    """What is at stake in each forecast, from the numbers kept with it."""

    def column(values: Sequence[float]) -> np.ndarray:
        return np.array(values, dtype=np.float64)

    return Stakes(
        mean=column([row.basis["mean"] for row in rows]),
        sd=column([row.basis["sd"] for row in rows]),
        yearly_demand=column([row.basis["lot_weekly_demand"] * WEEKS_PER_YEAR for row in rows]),
        underage=column([row.economics["underage"] for row in rows]),
        holding=column([row.economics["holding_a_year"] for row in rows]),
        order_cost=column([row.economics["order_cost"] for row in rows]),
        undershoot=column([row.basis.get("undershoot", 0.0) for row in rows]),
    )


def costs_of(rows: Sequence[DemandForecast], levels: Sequence[Mapping[str, int]]) -> np.ndarray:
    """What these levels cost a year under each forecast."""
    points, targets = (np.array([float(row[name]) for row in levels]) for name in ("reorder_point", "order_up_to"))
    return yearly_cost(stakes_of(rows), points, targets)


def levels_of(row: DemandForecast | StockPolicy) -> dict[str, int]:
    """The three levels by name."""
    return {name: getattr(row, name) for name in LEVELS}


# ---- no change that is not worth making


def _worth_changing(forecasts: Sequence[DemandForecast], as_of: date) -> list[dict[str, int]]:
    """The levels to set: the new ones, or the last ones where a change would save too little."""
    places = Q(product__in={row.product_id for row in forecasts})
    standing = {(p.product_id, p.warehouse_id): p for p in StockPolicy.objects.filter(places).order_by("pk")}
    earlier = _same_day(forecasts, as_of)
    wanted = [levels_of(row) for row in forecasts]
    last = [_last(row, standing, wanted[n]) for n, row in enumerate(forecasts)]
    new_cost = costs_of(forecasts, wanted)
    gain = costs_of(forecasts, last) - new_cost
    changes = is_worth_it(gain, new_cost)
    result = []
    for n, row in enumerate(forecasts):
        row.basis["yearly_cost"] = round(float(new_cost[n]), 4)
        if last[n] == wanted[n]:
            # Computed again on the same day: what the change of this day earned is still worth saying.
            row.basis["last"] = earlier.get((row.product_id, row.warehouse_id))
            result.append(wanted[n])
            continue
        kept = not changes[n] and "rule" not in row.basis
        row.basis["last"] = last[n] | {"gain": round(float(gain[n]), 4), "kept": kept, "threshold": KEEP_BELOW}
        result.append(last[n] if kept else wanted[n])
    return result


def _last(row: DemandForecast, standing: Mapping[Place, StockPolicy], wanted: dict[str, int]) -> dict[str, int]:
    policy = standing.get((row.product_id, row.warehouse_id))
    return wanted if policy is None else levels_of(policy)


def _same_day(forecasts: Sequence[DemandForecast], as_of: date) -> dict[Place, dict[str, Any] | None]:
    rows = DemandForecast.objects.filter(product__in={row.product_id for row in forecasts}, run__as_of=as_of)
    return {(p, w): last for p, w, last in rows.values_list("product_id", "warehouse_id", "basis__last")}


# ---- rules


def _apply_rules(forecasts: Sequence[DemandForecast], as_of: date) -> None:
    """Set the service level that a rule wants, and what that costs a year against the one that earns most."""
    rules = list(active_rules(as_of))
    if not rules:
        return
    products = {row.product_id for row in forecasts}
    suppliers = dict(
        SupplierItem.objects.filter(product__in=products, is_preferred=True).values_list("product_id", "supplier_id")
    )
    classes = dict(DemandForecast.objects.filter(product__in=products).values_list("product_id", "abc"))
    for row in forecasts:
        row.abc = classes.get(row.product_id, "")
        rule = _rule_for(row, rules, suppliers.get(row.product_id))
        if rule is not None:
            _apply_rule(row, rule)


def active_rules(as_of: date) -> Any:
    """Rules that count on ``as_of``, the newest first."""
    return PolicyRule.objects.filter(Q(expires_on=None) | Q(expires_on__gt=as_of)).order_by("-pk")


def _rule_for(row: DemandForecast, rules: Sequence[PolicyRule], supplier_id: int | None) -> PolicyRule | None:
    fitting = [
        (rule.product_id is None, rule.supplier_id is None, not (rule.abc and rule.xyz), n, rule)
        for n, rule in enumerate(rules)
        if rule.product_id in (None, row.product_id)
        and rule.supplier_id in (None, supplier_id)
        and rule.abc in ("", row.abc)
        and rule.xyz in ("", row.xyz)
    ]
    return min(fitting, key=lambda found: found[:4])[4] if fitting else None


def _apply_rule(row: DemandForecast, rule: PolicyRule) -> None:
    before, basis = levels_of(row), row.basis
    level = float(rule.service_level) / 100
    mean, variance = (np.array([value]) for value in (basis["mean"], basis["sd"] ** 2))
    quantile = round(float(gamma_quantile(np.array(level), mean, variance)[0])) if basis["mean"] > 0 else 0
    row.service_level, row.reorder_point = level, quantile
    row.safety_stock = max(quantile - basis["expected"], 0)
    row.order_up_to = quantile + basis["lot"]
    costs = costs_of([row, row], [levels_of(row), before])
    basis |= {"service_level": level, "quantile": quantile, **levels_of(row)}
    basis["rule"] = {
        "id": rule.pk,
        "reason": rule.reason,
        "chosen_level": row.economics["critical_ratio"],
        "cost": round(float(costs[0] - costs[1]), 4),
    }


@retry_on_conflict
@transaction.atomic(durable=True)
def add_rule(values: Mapping[str, Any]) -> PolicyRule:
    """Want a service level for a product, a supplier or a class from the next run on. Raises: InvalidInput."""
    check_rule(values)
    rule = PolicyRule.objects.create(
        **{name: values.get(name) or (None if name in ("product", "supplier") else "") for name in SCOPES},
        service_level=values["service_level"],
        reason=values["reason"].strip(),
        expires_on=values.get("expires_on"),
        created_by_id=current_actor_id(),
    )
    audit.record("policy_rule", rule.pk, "added", service_level=str(rule.service_level), reason=rule.reason)
    return rule


@retry_on_conflict
@transaction.atomic(durable=True)
def end_rule(rule_id: int) -> None:
    """Let a rule no longer count; it stays on record."""
    rule = PolicyRule.objects.get(pk=rule_id)
    rule.expires_on = timezone.localdate()
    rule.save(update_fields=["expires_on"])
    audit.record("policy_rule", rule_id, "ended")


def check_rule(values: Mapping[str, Any]) -> None:
    """Refuse what makes no sense. Raises: InvalidInput, naming the fields."""
    errors = {}
    scopes = [bool(values.get("product")), bool(values.get("supplier")), bool(values.get("abc") or values.get("xyz"))]
    if sum(scopes) != 1:
        errors["product"] = _("Choose one: a product, a supplier or a class.")
    if not Decimal(50) <= values["service_level"] < Decimal(100):
        errors["service_level"] = _("Enter a percentage from 50 to 99.9.")
    if not values["reason"].strip():
        errors["reason"] = _("Say why, for whoever looks at this later.")
    if values.get("expires_on") and values["expires_on"] <= timezone.localdate():
        errors["expires_on"] = _("Enter a day after today.")
    if errors:
        raise InvalidInput(_("The rule was not saved: please correct the fields named."), field_errors=errors)
