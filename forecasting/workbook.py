"""The arithmetic of one policy as an Excel file with live formulas, so that anybody can check or change it."""

from collections.abc import Iterator
from tempfile import TemporaryFile

from django.http import FileResponse
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill

from forecasting.engine.lead_time import LUMPY_SHARE
from forecasting.engine.patterns import Pattern
from forecasting.engine.policy import (
    HIGHEST_SERVICE,
    LONGEST_CYCLE_DYING_WEEKS,
    LONGEST_CYCLE_WEEKS,
    LONGEST_LYING_WEEKS,
    LOT_FACTOR,
    LOWEST_SERVICE,
    WEEKS_PER_YEAR,
)
from forecasting.models import DemandForecast

TYPED = PatternFill("solid", start_color="FFF3CD")
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FIRST = 3
Line = tuple[str, str, float | str]  # name within formulas, words, value or formula with {name}


def lines(forecast: DemandForecast) -> Iterator[Line]:
    """What is known (values), then every step to the levels (formulas)."""
    basis, money = forecast.basis, forecast.economics
    dying = basis["pattern"] == Pattern.DYING
    yield "weekly", _("Demand a week over the lead time"), basis["weekly_mean"]
    yield "rate", _("Demand a week, without season and events"), basis["lot_weekly_demand"]
    yield "lead_time", _("Lead time (days)"), basis["lead_time_days"]
    yield "review", _("Days until the next check"), basis["review_days"]
    yield "spread", _("Variation (variance / mean^1.5)"), basis["spread"]
    yield "uncertain", _("Variance from events"), _from_events(basis)
    yield "lead_sd", _("Variance from the lead time"), basis["variance_of_lead_time"]
    yield "margin", _("Margin of a piece"), max(money["margin"], 0.0)
    yield "lost", _("Share of short pieces that is lost"), money["lost_share"]
    yield "goodwill", _("Goodwill of a short piece"), money["goodwill"]
    yield "cost", _("Cost of a piece"), money["unit_cost"]
    yield "holding_rate", _("Holding cost rate a year"), money["holding_rate"]
    yield "obsolescence", _("Obsolescence a year"), money["obsolescence_rate"]
    yield "order_cost", _("Cost of an order line"), money["order_cost"]
    yield "moq", _("Minimum order quantity"), money["moq"]
    yield "pack", _("Order multiple"), money["order_multiple"]
    yield "longest", _("Weeks that a lot lasts at most"), LONGEST_CYCLE_DYING_WEEKS if dying else LONGEST_CYCLE_WEEKS
    yield "", _("Lead-time demand"), ""
    yield "weeks", _("Weeks that stock must last"), "=({lead_time}+{review})/7"
    yield "mean", _("Lead-time demand"), "={weekly}*{weeks}"
    yield "variance", _("Its variance"), "=MAX({spread}*{mean}^1.5,0.5*{mean})+{uncertain}+{lead_sd}"
    yield "", _("Lot"), ""
    yield "holding", _("Holding a piece a year"), "={cost}*({holding_rate}+{obsolescence})"
    formula = f"={LOT_FACTOR}*SQRT(2*{{order_cost}}*{{rate}}*{WEEKS_PER_YEAR}/{{holding}})"
    yield "wished", _("Economic lot"), formula
    yield "bounded", _("At least a piece, at most what sells in time"), "=MAX(1,MIN({wished},MAX(1,{rate}*{longest})))"
    yield "lot", _("In whole packs"), "=IF({rate}>0,CEILING(MAX({bounded},{moq}),{pack}),0)"
    yield "", _("Service level"), ""
    yield "dispersion", _("Variance / mean of usual demand"), "=MAX({spread}*SQRT({rate}*{weeks}),0.5)"
    below = f"=({{rate}}*{{review}}/7+{LUMPY_SHARE}*{{dispersion}})/2" if "undershoot" in basis else "=0"
    yield "below", _("Below the reorder point when an order goes out"), below
    lying = f"=IF({{rate}}>0,MIN(({{lot}}+{{below}})/{{rate}},{LONGEST_LYING_WEEKS}),{WEEKS_PER_YEAR})"
    yield "lying", _("Weeks that a piece too many lies"), lying
    if basis["lying_weeks"] is not None and rises(basis):
        yield "lying", _("Weeks that a piece too many lies, after the event"), basis["lying_weeks"]
    yield "over", _("A piece too many"), f"={{holding}}*{{lying}}/{WEEKS_PER_YEAR}"
    yield "under", _("A piece too few"), "={margin}*{lost}+{goodwill}"
    yield "ratio", _("Critical ratio"), "={under}/({under}+{over})"
    yield "service", _("Service level"), f"=MIN(MAX({{ratio}},{LOWEST_SERVICE}),{HIGHEST_SERVICE})"
    if "rule" in basis:
        yield "service", _("Service level that somebody wants"), forecast.service_level
    yield "", _("Levels"), ""
    quantile = "=IF({mean}>0,ROUND(GAMMAINV({service},{mean}^2/{variance},{variance}/{mean}),0),0)"
    yield "reorder_point", _("Reorder point"), quantile
    yield "safety_stock", _("Safety stock"), "=MAX({reorder_point}-ROUND({mean},0),0)"
    yield "order_up_to", _("Order-up-to level"), "={reorder_point}+{lot}"


def _from_events(basis: dict[str, float]) -> float:
    """Variance of demand beyond what the formula says: how uncertain planned events are."""
    formula = max(basis["spread"] * basis["mean"] ** 1.5, 0.5 * basis["mean"])
    return max(round(basis["variance_of_demand"] - formula, 6), 0.0)


def rises(basis: dict[str, float]) -> bool:
    """Whether an event made what is left over lie longer than a lot lasts."""
    ordered, rate = basis["lot"] + basis.get("undershoot", 0.0), basis["lot_weekly_demand"]
    usual = min(ordered / rate, LONGEST_LYING_WEEKS) if rate else WEEKS_PER_YEAR
    return abs(basis["lying_weeks"] - usual) > 1e-3 * max(usual, 1.0)


def workbook_of(forecast: DemandForecast) -> Workbook:
    """One sheet: words, values and formulas, and beside them what the forecast kept."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = _("Policy")
    sheet["A1"] = f"{forecast.product.sku} · {forecast.warehouse.code} · {forecast.run.as_of.isoformat()}"
    sheet["A1"].data_type, sheet["A1"].font = "s", Font(bold=True)
    sheet["A2"] = _("Yellow cells may be changed; everything else follows.")
    cells: dict[str, str] = {}
    kept = {name: getattr(forecast, name) for name in ("safety_stock", "reorder_point", "order_up_to")}
    for row, (name, words, value) in enumerate(lines(forecast), FIRST):
        sheet.cell(row, 1, words)
        if not name:
            sheet.cell(row, 1).font = Font(bold=True)
            continue
        is_formula = isinstance(value, str)
        cell = sheet.cell(row, 2, value.format(**cells) if isinstance(value, str) else value)
        cells[name] = f"B{row}"
        if not is_formula:
            cell.fill = TYPED
        if name in kept:
            sheet.cell(row, 3, kept[name])
    sheet["C2"] = _("As kept by the forecast")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 48, 18
    return book


def workbook_response(forecast: DemandForecast) -> FileResponse:
    """The workbook as a download."""
    file = TemporaryFile()  # noqa: SIM115  (the response closes it)
    workbook_of(forecast).save(file)
    file.seek(0)
    name = f"policy-{forecast.product.sku}-{forecast.warehouse.code}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=KIND)
