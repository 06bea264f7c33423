"""Why this much: each step from demand to order-up-to level as a sentence and its arithmetic, in the reader's language.

The numbers are those kept with the forecast, so what is shown is what decided; anybody can check it on paper.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forecasting.calendar import Spell, local_name
from forecasting.economics import (
    DEFAULT_COST_SHARE,
    DEFAULT_LEAD_TIME_DAYS,
    DEFAULT_LOST_SHARE,
    GOODWILL_SHARE,
    LOWEST_LOST_SHARE,
)
from forecasting.engine.policy import HIGHEST_SERVICE, LOT_FACTOR, LOWEST_SERVICE, WEEKS_PER_YEAR
from forecasting.explanation.change import against_last, what_would_change_it, wish
from forecasting.explanation.words import Step, n, percent, r, whole, x
from forecasting.models import DemandForecast
from forecasting.workbook import rises

FOLLOWS, LEANS_AGAINST = 0.5, -0.25  # agility from which, and up to which, a sentence says so


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
        *wish(forecast, with_money=with_money),
        _safety_stock(forecast),
        _reorder_point(forecast),
        *([_economic_lot(forecast)] if with_money else []),
        _order_up_to(forecast),
        *against_last(forecast, with_money=with_money),
        *what_would_change_it(forecast, with_money=with_money),
    ]


def assumptions(forecast: DemandForecast) -> list[str]:
    """What was assumed because the company's data did not say it."""
    cost_share, days = percent(DEFAULT_COST_SHARE), whole(DEFAULT_LEAD_TIME_DAYS)
    sentences = {
        "price_from_list": _("Nothing was shipped in the last half year: the list price counts."),
        "price_from_cost": _("There is no price: it is taken so that the cost is %(share)s of it."),
        "cost_from_price": _("There is no cost: it is taken as %(share)s of the price."),
        "cost_agreed": _("The cost is the agreed one: the blanket order covers what is ordered next."),
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
        % {"share": percent(GOODWILL_SHARE)},
        _("The share of short demand that is lost is learned from refusals: from %(start)s on, at least %(least)s.")
        % {"start": percent(DEFAULT_LOST_SHARE), "least": percent(LOWEST_LOST_SHARE)},
    ]


def _demand(forecast: DemandForecast) -> Step:
    history = forecast.history
    total, lost = sum(history["demand"]), sum(history["lost"])
    sentence = ngettext(
        "In the last %(weeks)s week %(total)s pieces were wanted.",
        "In the last %(weeks)s weeks %(total)s pieces were wanted.",
        len(history["demand"]),
    ) % {"weeks": len(history["demand"]), "total": whole(total)}
    if lost:
        sentence += " " + _("%(lost)s of them were refused for lack of stock and are put back here.") % {
            "lost": whole(lost)
        }
    if forecast.basis["filled"]:
        sentence += " " + _(
            "While the shelf was empty and nobody asked, %(pieces)s more would usually have sold; they count too."
        ) % {"pieces": n(forecast.basis["filled"])}
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
        yield Step(name, sentences[forecast.pattern] % {"strength": n(forecast.basis["season_strength"], 2)})


def _model(forecast: DemandForecast) -> Step:
    tested = _tested(forecast)
    if forecast.model != "blended_level" or "agility" not in forecast.basis:
        return tested
    return replace(tested, sentence=f"{_agility(forecast.basis['agility'])} {tested.sentence}")


def _agility(agility: float) -> str:
    """How quick the level follows, in plain words."""
    if agility > FOLLOWS:
        return _("What changes here mostly lasts: the level follows the last two weeks quickly.")
    if agility >= LEANS_AGAINST:
        return _("The last two weeks alone say little here: the level follows the last eight.")
    return _(
        "High weeks are mostly followed by lower ones here and low by higher ones, as promotions do it: the level "
        "leans against the last two weeks."
    )


def _tested(forecast: DemandForecast) -> Step:
    accuracy = forecast.accuracy
    name = _("Model: %(model)s") % {"model": forecast.get_model_display()}
    if accuracy.get("wape") is None:
        return Step(name, _("The history is too short or too empty to test models on it; this one is used untested."))
    values = {
        "origins": accuracy["origins"],
        "weeks": accuracy["weeks"],
        "wape": percent(accuracy["wape"]),
        "naive": percent(accuracy["naive_wape"]),
        "bias": percent(accuracy["bias"]),
    }
    if forecast.model == "naive":
        return Step(
            name,
            ngettext(
                "Tested from %(origins)s dates in the past, no model forecast the next week better than "
                "repeating the last one, which is off by %(wape)s of demand.",
                "Tested from %(origins)s dates in the past, no model forecast the next %(weeks)s weeks better than "
                "repeating the last ones, which is off by %(wape)s of demand.",
                accuracy["weeks"],
            )
            % values,
        )
    return Step(
        name,
        ngettext(
            "Tested from %(origins)s dates in the past, it forecast the next week with an error of %(wape)s of demand "
            "(naive method: %(naive)s) and a bias of %(bias)s.",
            "Tested from %(origins)s dates in the past, it forecast the next %(weeks)s weeks with an error of %(wape)s "
            "of demand (naive method: %(naive)s) and a bias of %(bias)s.",
            accuracy["weeks"],
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
        "days": n(basis["lead_time_days"], 1),
        "sd": n(basis["lead_time_sd_days"], 1),
    }
    sentence += " " + _("With the day until the next check, stock must last %(weeks)s weeks.") % {
        "weeks": n(basis["weeks"], 2)
    }
    arithmetic = f"({x(basis['lead_time_days'])} + {x(basis['review_days'])}) / 7 = {r(basis['weeks'])}"
    return Step(_("Lead time"), sentence, arithmetic)


def _lead_time_demand(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Lead-time demand"),
        _("In these weeks %(mean)s pieces are expected.") % {"mean": n(basis["mean"])},
        f"{x(basis['weekly_mean'])} × {x(basis['weeks'])} = {r(basis['mean'])}",
    )


def _events(forecast: DemandForecast) -> Iterator[Step]:
    """What the calendar adds within the weeks that stock must last."""
    for event in forecast.basis.get("events", []):
        first, last = date.fromisoformat(event["first"]), date.fromisoformat(event["last"])
        values = {
            "name": local_name(Spell(event["key"], event["name"], first, last))[0],
            "first": date_format(first),
            "last": date_format(last),
            "factor": n(event["factor"], 2),
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
        % {"spread": n(basis["spread"])},
        *(
            [f"{x(basis['spread'])} × {x(basis['mean'])}^1.5 = {r(basis['variance_of_demand'])}"]
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
            "weeks": n(basis["lead_time_sd_weeks"], 2),
            "added": n(basis["variance_of_lead_time"]),
            "sd": n(basis["sd"]),
        },
        f"√({x(basis['variance_of_demand'])} + {x(basis['variance_of_lead_time'])}) = {r(basis['sd'])}",
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
        % {"share": percent(money["lost_share"])},
        f"{x(margin)} × {x(money['lost_share'])} + {x(money['goodwill'])} = {r(money['underage'])}",
    )
    below = basis.get("undershoot", 0.0)
    if below and not rises(basis):
        yield Step(
            _("An order"),
            _(
                "Demand comes in lumps: when an order goes out, the position has usually fallen %(below)s pieces below "
                "the reorder point (half of a day's demand, and a quarter of variance / mean). The order makes up for "
                "them too and lasts %(weeks)s weeks."
            )
            % {"below": n(below), "weeks": n(basis["lying_weeks"], 1)},
            f"({whole(basis['lot'])} + {x(below)}) / {x(basis['lot_weekly_demand'])} = {r(basis['lying_weeks'])}",
        )
    yield Step(
        _("A piece too many"),
        _lying(basis) % {"weeks": n(basis["lying_weeks"], 1)},
        f"{x(money['unit_cost'])} × ({percent(money['holding_rate'], 2)} + {percent(money['obsolescence_rate'])}) × "
        f"{x(basis['lying_weeks'])} / {x(WEEKS_PER_YEAR)} = {r(money['overage'])}",
    )
    sentence = _("Most is earned when demand is met with this probability.")
    if not LOWEST_SERVICE <= money["critical_ratio"] <= HIGHEST_SERVICE:
        sentence += " " + _("It is kept between %(low)s and %(high)s: here %(level)s.") % {
            "low": percent(LOWEST_SERVICE),
            "high": percent(HIGHEST_SERVICE),
            "level": percent(basis["service_level"]),
        }
    yield Step(
        _("Service level"),
        sentence,
        f"{x(money['underage'])} / ({x(money['underage'])} + {x(money['overage'])}) = "
        f"{percent(money['critical_ratio'])}",
    )


def _lying(basis: dict[str, float]) -> str:
    """How long a piece too many lies, and why."""
    if not basis["lot_weekly_demand"]:
        return _(
            "Nothing is expected to sell: it lies for a year, %(weeks)s weeks, and costs holding and obsolescence."
        )
    if rises(basis):
        return _("What the event leaves over lies for %(weeks)s weeks on average and costs holding and obsolescence.")
    return _("It lies for the %(weeks)s weeks until the next order and costs holding and obsolescence.")


def _safety_stock(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Safety stock"),
        _(
            "With a probability of %(level)s demand is at most %(covered)s pieces (gamma distribution, shape "
            "%(shape)s, scale %(scale)s)."
        )
        % {
            "level": percent(basis["service_level"]),
            "covered": whole(basis["quantile"]),
            "shape": n(basis["mean"] ** 2 / basis["sd"] ** 2 if basis["sd"] else 0.0, digits=4),
            "scale": n(basis["sd"] ** 2 / basis["mean"] if basis["mean"] else 0.0, digits=4),
        },
        f"max({whole(basis['quantile'])} − {whole(basis['expected'])}; 0) = {whole(basis['safety_stock'])}",
    )


def _reorder_point(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Reorder point"),
        _("Lead-time demand and safety stock: at this inventory position it is time to order."),
        f"{whole(basis['reorder_point'] - basis['safety_stock'])} + {whole(basis['safety_stock'])} = "
        f"{whole(basis['reorder_point'])}",
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
    ) % {"cost": n(money["order_cost"], 2), "holding": n(holding, 2)}
    if abs(formula - basis["economic_lot"]) > max(0.01 * formula, 0.1):
        sentence += " " + _("A lot is at least one piece and lasts at most half a year: %(lot)s.") % {
            "lot": n(basis["economic_lot"])
        }
    sentence += " " + _("At least %(moq)s, in packs of %(pack)s: %(lot)s pieces.") % {
        "moq": whole(money["moq"]),
        "pack": whole(money["order_multiple"]),
        "lot": whole(basis["lot"]),
    }
    arithmetic = f"{x(LOT_FACTOR)} × √(2 × {x(money['order_cost'])} × {x(yearly)} / {x(holding)}) = {r(formula)}"
    return Step(name, sentence, arithmetic)


def _order_up_to(forecast: DemandForecast) -> Step:
    basis = forecast.basis
    return Step(
        _("Order-up-to level"),
        _("Reorder point and one lot: an order brings the inventory position up to here."),
        f"{whole(basis['reorder_point'])} + {whole(basis['lot'])} = {whole(basis['order_up_to'])}",
    )
