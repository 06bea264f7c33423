"""What somebody wants instead, what the levels earn against the last ones, and what would change them."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from forecasting.explanation.words import Step, n, percent, whole
from forecasting.models import DemandForecast
from forecasting.sensitivity import levels_if

LONGER_DAYS, MORE, DEARER = 7, 0.2, 0.5


def wish(forecast: DemandForecast, *, with_money: bool) -> Iterator[Step]:
    """The service level that somebody wants instead."""
    rule = forecast.basis.get("rule")
    if rule:
        sentence = _("Somebody wants %(level)s instead of %(chosen)s (“%(reason)s”).") % {
            "level": percent(forecast.service_level),
            "chosen": percent(rule["chosen_level"]),
            "reason": rule["reason"],
        }
        if with_money:
            sentence += " " + _("That costs %(cost)s a year.") % {"cost": n(rule["cost"], 2)}
        yield Step(_("Rule"), sentence)


def against_last(forecast: DemandForecast, *, with_money: bool) -> Iterator[Step]:
    """What the new levels earn against the last ones, and whether they took their place."""
    last = forecast.basis.get("last")
    if not last:
        return
    values = {
        "point": whole(last["reorder_point"]),
        "target": whole(last["order_up_to"]),
        "gain": n(abs(last["gain"]), 2),
        "threshold": percent(last["threshold"]),
    }
    if last["kept"]:
        sentence = _(
            "The last levels stay (reorder point %(point)s, order-up-to level %(target)s): a change would save less "
            "than %(threshold)s of what the policy costs a year, and every change makes a stir."
        )
    else:
        sentence = _("These levels replace the last ones (reorder point %(point)s, order-up-to level %(target)s).")
    if with_money and last["gain"] >= 0:
        sentence += " " + _("Against them they save %(gain)s a year in holding, ordering and shortages.")
    elif with_money:
        sentence += " " + _("Against them they cost %(gain)s more a year in holding, ordering and shortages.")
    yield Step(_("Against the last policy"), sentence % values)


def what_would_change_it(forecast: DemandForecast, *, with_money: bool) -> Iterator[Step]:
    """The levels under other demand, lead time and money, everything else as it is."""
    if not forecast.basis["mean"]:
        return
    cases = [
        (_("With a fifth more demand"), levels_if(forecast, demand=1 + MORE)),
        (_("With a fifth less demand"), levels_if(forecast, demand=1 - MORE)),
        (_("If an order took a week longer"), levels_if(forecast, lead_time_days=LONGER_DAYS)),
    ]
    if with_money:
        cases += [
            (_("If a short piece cost half as much again"), levels_if(forecast, underage=1 + DEARER)),
            (_("If holding cost half as much again"), levels_if(forecast, holding=1 + DEARER)),
        ]
    sentences = [
        _("%(case)s: reorder point %(point)s, order-up-to level %(target)s.")
        % {"case": case, "point": whole(levels.reorder_point), "target": whole(levels.order_up_to)}
        for case, levels in cases
    ]
    yield Step(_("What would change it"), " ".join(sentences))
