"""Why this much: each step from demand to order-up-to level as a sentence and its arithmetic, in the reader's language.

The numbers are those kept with the forecast, so what is shown is what decided; anybody can check it on paper.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format, get_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecasting.economics import (
    DEFAULT_COST_SHARE,
    DEFAULT_LEAD_TIME_DAYS,
    DEFAULT_LOST_SHARE,
    GOODWILL_SHARE,
    LOWEST_LOST_SHARE,
)
from forecasting.engine.policy import HIGHEST_SERVICE, LOT_FACTOR, LOWEST_SERVICE, WEEKS_PER_YEAR
from forecasting.models import DemandForecast


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its name, the sentence, and the arithmetic where there is any."""

    name: str
    sentence: str
    arithmetic: str = ""


def explain(forecast: DemandForecast, *, with_money: bool) -> list[Step]:
    """The steps in order; those that show cost or margin only ``with_money``."""
    return [
        _demand(forecast),
        *_pattern(forecast),
        _model(forecast),
        _lead_time(forecast),
        _lead_time_demand(forecast),
        *_events(forecast),
        *_spread(forecast),
        *(_money(forecast) if with_money else []),
        *_rule(forecast, with_money=with_money),
        _safety_stock(forecast),
        _reorder_point(forecast),
        *([_economic_lot(forecast)] if with_money else []),
        _order_up_to(forecast),
        *_last(forecast, with_money=with_money),
    ]


def assumptions(forecast: DemandForecast) -> list[str]:
    """What was assumed because the company's data did not say it."""
    cost_share, days = _percent(DEFAULT_COST_SHARE), _whole(DEFAULT_LEAD_TIME_DAYS)
    sentences = {
        "price_from_list": _("Nothing was shipped in the last half year: the list price counts."),
        "price_from_cost": _("There is no price: it is taken so that the cost is %(share)s of it."),
        "cost_from_price": _("There is no cost: it is taken as %(share)s of the price."),
        "no_supplier": _("There is no preferred supplier: a lead time of %(days)s days and free ordering are taken."),
    }
    known = [
        sentences[code] % {"share": cost_share, "days": days}
        for code in forecast.economics.get("assumptions", [])
        if code in sentences
    ]
    return [
        *known,
        _("A short piece costs %(share)s of its price in goodwill, beside the margin of those that are lost.")
        % {"share": _percent(GOODWILL_SHARE)},
        _("The share of short demand that is lost is learned from refusals: from %(start)s on, at least %(least)s.")
        % {"start": _percent(DEFAULT_LOST_SHARE), "least": _percent(LOWEST_LOST_SHARE)},
    ]


def _n(value: float, places: int | None = None, *, digits: int = 3) -> str:
    """A number in the reader's format, with ``digits`` significant digits or the decimals asked for."""
    if places is None:
        places = max(digits - 1 - math.floor(math.log10(abs(value))), 0) if value else 0
    return number_format(round(value, places), places, use_l10n=True, force_grouping=True)


def _x(value: float) -> str:
    """A number of the arithmetic: precise enough that a reader who types it in gets the result shown."""
    text = _n(value, digits=6)
    separator = get_format("DECIMAL_SEPARATOR")
    return text.rstrip("0").rstrip(separator) if separator in text else text


def _r(value: float) -> str:
    """A result of the arithmetic."""
    return _n(value, digits=4)


def _whole(value: float) -> str:
    return _n(value, 0)


def _percent(share: float, places: int = 1) -> str:
    return f"{_n(100 * share, places)} %"


def _demand(forecast: DemandForecast) -> Step:
    history = forecast.history
    total, lost = sum(history["demand"]), sum(history["lost"])
    sentence = ngettext(
        "In the last %(weeks)s week %(total)s pieces were wanted.",
        "In the last %(weeks)s weeks %(total)s pieces were wanted.",
        len(history["demand"]),
    ) % {"weeks": len(history["demand"]), "total": _whole(total)}
    if lost:
        sentence += " " + _("%(lost)s of them were refused for lack of stock and are put back here.") % {
            "lost": _whole(lost)
        }
    if forecast.basis["filled"]:
        sentence += " " + _(
            "While the shelf was empty and nobody asked, %(pieces)s more would usually have sold; they count too."
        ) % {"pieces": _n(forecast.basis["filled"])}
    if forecast.basis["capped_days"]:
        sentence += " " + ngettext(
            "%(count)s day above 20 times the usual size was cut to that.",
            "%(count)s days above 20 times the usual size were cut to that.",
            forecast.basis["capped_days"],
        ) % {"count": forecast.basis["capped_days"]}
    return Step(_("Demand"), sentence)


def _pattern(forecast: DemandForecast) -> Iterator[Step]:
    sentences = {
        "smooth": _("It sells in most weeks and without a clear season."),
        "seasonal": _("It follows its category's yearly season with a strength of %(strength)s (1: as much as that)."),
        "intermittent": _("Weeks without a sale are common; the variation says how much that matters."),
        "new": _("It has sold for less than 13 weeks; comparable products of its category count too."),
        "dying": _("The last 13 weeks sold less than a third of what the weeks before them did."),
        "none": _("Nothing was sold in three years, so nothing is expected."),
    }
    if forecast.pattern in sentences:
        name = _("Pattern: %(pattern)s") % {"pattern": forecast.get_pattern_display()}
        yield Step(name, sentences[forecast.pattern] % {"strength": _n(forecast.basis["season_strength"], 2)})


def _model(forecast: DemandForecast) -> Step:
    accuracy = forecast.accuracy
    name = _("Model: %(model)s") % {"model": forecast.get_model_display()}
    if accuracy.get("wape") is None:
        return Step(name, _("The history is too short or too empty to test models on it; this one is used untested."))
    values = {
        "origins": accuracy["origins"],
        "weeks": accuracy["weeks"],
        "wape": _percent(accuracy["wape"]),
        "naive": _percent(accuracy["naive_wape"]),
        "bias": _percent(accuracy["bias"]),
    }
    if forecast.model == "naive":
        return Step(
            name,
            _(
                "Tested from %(origins)s dates in the past, no model forecast the next %(weeks)s weeks better than "
                "repeating the last ones, which is off by %(wape)s of demand."
            )
            % values,
        )
    return Step(
        name,
        _(
            "Tested from %(origins)s dates in the past, it forecast the next %(weeks)s weeks with an error of %(wape)s "
            "of demand (naive method: %(naive)s) and a bias of %(bias)s."
        )
        % values,
    )


def _lead_time(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    sentence = ngettext(
        "Learned from %(count)s receipt and the supplier's word, an order takes %(days)s days on average, "
        "give or take %(sd)s.",
        "Learned from %(count)s receipts and the supplier's word, an order takes %(days)s days on average, "
        "give or take %(sd)s.",
        basis["receipts"],
    ) % {
        "count": basis["receipts"],
        "days": _n(basis["lead_time_days"], 1),
        "sd": _n(basis["lead_time_sd_days"], 1),
    }
    sentence += " " + _("With the day until the next check, stock must last %(weeks)s weeks.") % {
        "weeks": _n(basis["weeks"], 2)
    }
    arithmetic = f"({_x(basis['lead_time_days'])} + {_x(basis['review_days'])}) / 7 = {_r(basis['weeks'])}"
    return Step(_("Lead time"), sentence, arithmetic)


def _lead_time_demand(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Lead-time demand"),
        _("In these weeks %(mean)s pieces are expected.") % {"mean": _n(basis["mean"])},
        f"{_x(basis['weekly_mean'])} × {_x(basis['weeks'])} = {_r(basis['mean'])}",
    )


def _events(forecast: DemandForecast) -> Iterator[Step]:
    """What the calendar adds within the weeks that stock must last."""
    for event in forecast.basis.get("events", []):
        values = {
            "name": event["name"],
            "first": date_format(date.fromisoformat(event["first"])),
            "last": date_format(date.fromisoformat(event["last"])),
            "factor": _n(event["factor"], 2),
        }
        if event["factor"] == 0:
            sentence = _("From %(first)s to %(last)s nothing is sold.")
        elif event["planned"]:
            sentence = _("From %(first)s to %(last)s %(factor)s times the usual demand is expected, as planned.")
        else:
            sentence = _(
                "From %(first)s to %(last)s %(factor)s times the usual demand is expected, as earlier such days had, "
                "this product's own drawn to those of all."
            )
        name = _("Event: %(name)s")
        if event["key"].endswith(":before"):
            name = _("Days before %(name)s")
        elif event["key"].startswith("adjustment:"):
            name = _("Adjustment: %(name)s")
        yield Step(name % values, sentence % values)


def _spread(forecast: DemandForecast) -> Iterator[Step]:
    basis = forecast.basis
    yield Step(
        _("Variation of demand"),
        _(
            "How much such intervals have varied in the past, drawn towards products that sell as much: %(spread)s "
            "times their mean to the power of 1.5, at least half the mean."
        )
        % {"spread": _n(basis["spread"])},
        *(
            [f"{_x(basis['spread'])} × {_x(basis['mean'])}^1.5 = {_r(basis['variance_of_demand'])}"]
            if _follows_spread(basis)
            else []
        ),
    )
    yield Step(
        _("Uncertainty"),
        _(
            "The lead time varies by %(weeks)s weeks, which adds %(added)s; together demand may differ by %(sd)s "
            "pieces (standard deviation)."
        )
        % {
            "weeks": _n(basis["lead_time_sd_weeks"], 2),
            "added": _n(basis["variance_of_lead_time"]),
            "sd": _n(basis["sd"]),
        },
        f"√({_x(basis['variance_of_demand'])} + {_x(basis['variance_of_lead_time'])}) = {_r(basis['sd'])}",
    )


def _follows_spread(basis: dict[str, float]) -> bool:
    """Whether the variance is the formula's, not the floor under it."""
    return math.isclose(basis["spread"] * basis["mean"] ** 1.5, basis["variance_of_demand"], rel_tol=1e-3)


def _money(forecast: DemandForecast) -> Iterator[Step]:
    money, basis = forecast.economics, forecast.basis
    margin = max(money["margin"], 0)
    yield Step(
        _("A piece too few"),
        _("It costs its margin where the sale is lost (%(share)s of the time), and goodwill.")
        % {"share": _percent(money["lost_share"])},
        f"{_x(margin)} × {_x(money['lost_share'])} + {_x(money['goodwill'])} = {_r(money['underage'])}",
    )
    yield Step(
        _("A piece too many"),
        _("It lies for the %(weeks)s weeks until the next order and costs holding and obsolescence.")
        % {"weeks": _n(basis["lying_weeks"], 1)},
        f"{_x(money['unit_cost'])} × ({_percent(money['holding_rate'], 2)} + {_percent(money['obsolescence_rate'])}) × "
        f"{_x(basis['lying_weeks'])} / {_x(WEEKS_PER_YEAR)} = {_r(money['overage'])}",
    )
    sentence = _("Most is earned when demand is met with this probability.")
    if not LOWEST_SERVICE <= money["critical_ratio"] <= HIGHEST_SERVICE:
        sentence += " " + _("It is kept between %(low)s and %(high)s: here %(level)s.") % {
            "low": _percent(LOWEST_SERVICE),
            "high": _percent(HIGHEST_SERVICE),
            "level": _percent(basis["service_level"]),
        }
    yield Step(
        _("Service level"),
        sentence,
        f"{_x(money['underage'])} / ({_x(money['underage'])} + {_x(money['overage'])}) = "
        f"{_percent(money['critical_ratio'])}",
    )


def _safety_stock(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Safety stock"),
        _(
            "With a probability of %(level)s demand is at most %(covered)s pieces (gamma distribution, shape "
            "%(shape)s, scale %(scale)s)."
        )
        % {
            "level": _percent(basis["service_level"]),
            "covered": _whole(basis["quantile"]),
            "shape": _n(basis["mean"] ** 2 / basis["sd"] ** 2 if basis["sd"] else 0.0, digits=4),
            "scale": _n(basis["sd"] ** 2 / basis["mean"] if basis["mean"] else 0.0, digits=4),
        },
        f"max({_whole(basis['quantile'])} − {_whole(basis['expected'])}; 0) = {_whole(basis['safety_stock'])}",
    )


def _reorder_point(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Reorder point"),
        _("Lead-time demand and safety stock: at this inventory position it is time to order."),
        f"{_whole(basis['reorder_point'] - basis['safety_stock'])} + {_whole(basis['safety_stock'])} = "
        f"{_whole(basis['reorder_point'])}",
    )


def _economic_lot(forecast: DemandForecast) -> Step:
    money, basis = forecast.economics, forecast.basis
    yearly, holding = basis["lot_weekly_demand"] * WEEKS_PER_YEAR, money["holding_a_year"]
    name = _("Economic lot")
    if holding <= 0 or yearly <= 0:
        return Step(name, _("Without demand or holding cost there is nothing to weigh."))
    formula = LOT_FACTOR * math.sqrt(2 * money["order_cost"] * yearly / holding)
    sentence = _(
        "Ordering costs %(cost)s a line, holding a piece %(holding)s a year; a little is added because larger lots "
        "also spare shortages."
    ) % {"cost": _n(money["order_cost"], 2), "holding": _n(holding, 2)}
    if abs(formula - basis["economic_lot"]) > max(0.01 * formula, 0.1):
        sentence += " " + _("A lot is at least one piece and lasts at most half a year: %(lot)s.") % {
            "lot": _n(basis["economic_lot"])
        }
    sentence += " " + _("At least %(moq)s, in packs of %(pack)s: %(lot)s pieces.") % {
        "moq": _whole(money["moq"]),
        "pack": _whole(money["order_multiple"]),
        "lot": _whole(basis["lot"]),
    }
    arithmetic = f"{_x(LOT_FACTOR)} × √(2 × {_x(money['order_cost'])} × {_x(yearly)} / {_x(holding)}) = {_r(formula)}"
    return Step(name, sentence, arithmetic)


def _order_up_to(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Order-up-to level"),
        _("Reorder point and one lot: an order brings the inventory position up to here."),
        f"{_whole(basis['reorder_point'])} + {_whole(basis['lot'])} = {_whole(basis['order_up_to'])}",
    )


def _rule(forecast: DemandForecast, *, with_money: bool) -> Iterator[Step]:
    """The service level that somebody wants instead."""
    rule = forecast.basis.get("rule")
    if rule:
        sentence = _("Somebody wants %(level)s instead of %(chosen)s: %(reason)s") % {
            "level": _percent(forecast.service_level),
            "chosen": _percent(rule["chosen_level"]),
            "reason": rule["reason"],
        }
        if with_money:
            sentence += " " + _("That costs %(cost)s a year.") % {"cost": _n(rule["cost"], 2)}
        yield Step(_("Rule"), sentence)


def _last(forecast: DemandForecast, *, with_money: bool) -> Iterator[Step]:
    """What the new levels earn against the last ones, and whether they took their place."""
    last = forecast.basis.get("last")
    if not last:
        return
    values = {
        "point": _whole(last["reorder_point"]),
        "target": _whole(last["order_up_to"]),
        "gain": _n(last["gain"], 2),
        "threshold": _percent(last["threshold"]),
    }
    if last["kept"]:
        sentence = _(
            "The last levels stay (reorder point %(point)s, order-up-to level %(target)s): a change would save less "
            "than %(threshold)s of what the policy costs a year, and every change makes a stir."
        )
    else:
        sentence = _("These levels replace the last ones (reorder point %(point)s, order-up-to level %(target)s).")
    if with_money:
        sentence += " " + _("Against them they save %(gain)s a year in holding, ordering and shortages.")
    yield Step(_("Against the last policy"), sentence % values)
