"""The catalogue of figures: what each is called, in what unit it stands, and what exactly it means."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure on the dashboard. ``unit`` is money, rate, times, days or count; ``good`` is up, down or neither."""

    code: str
    label: Text
    unit: str
    definition: Text
    good: str = "up"


_ALL = [
    Measure(
        "revenue",
        _("Revenue"),
        "money",
        _("What was shipped, at the price sold, on the day it left, less refunds on the day goods came back."),
    ),
    Measure(
        "cogs",
        _("Cost of goods sold"),
        "money",
        _("What the goods shipped had cost: moving average, fixed when they ship. What came back is deducted."),
        "down",
    ),
    Measure(
        "gross_profit",
        _("Gross profit"),
        "money",
        _(
            "Revenue less the cost of the goods sold. Each piece's cost is fixed when it ships (moving average); "
            "a return gives back the original cost."
        ),
    ),
    Measure(
        "contribution",
        _("Contribution"),
        "money",
        _(
            "Gross profit less holding cost, ordering cost and late purchase costs: what is earned after paying for "
            "having and buying stock."
        ),
    ),
    Measure(
        "holding_cost",
        _("Holding cost"),
        "money",
        _("For each day, inventory value at the end of the day × the company's yearly holding cost rate ÷ 365."),
        "down",
    ),
    Measure(
        "ordering_cost",
        _("Ordering cost"),
        "money",
        _(
            "What placing each purchase order costs, on the day it was ordered; drafts and cancelled orders cost "
            "nothing. An order's cost is spread over its lines by their value."
        ),
        "down",
    ),
    Measure(
        "landed_expense",
        _("Late purchase costs"),
        "money",
        _(
            "Freight and duty invoiced after the goods came, for pieces that had left by then; what was still there "
            "took its share into its value. Margins of what was shipped never change."
        ),
        "down",
    ),
    Measure(
        "inventory_value",
        _("Inventory value"),
        "money",
        _("Stock at cost at the end of the period's last day: all ledger values up to that day, added up."),
        "",
    ),
    Measure(
        "average_inventory",
        _("Average inventory value"),
        "money",
        _("The inventory value at the end of each day, added up and divided by the number of days."),
        "",
    ),
    Measure(
        "turnover",
        _("Inventory turnover"),
        "times",
        _("How many times a year the stock is sold: cost of goods sold × 365 ÷ days ÷ average inventory value."),
    ),
    Measure(
        "days_of_inventory",
        _("Days of inventory"),
        "days",
        _("How long the average stock would last at the period's rate of sale: 365 ÷ inventory turnover."),
        "down",
    ),
    Measure(
        "stockout_rate",
        _("Stockout rate"),
        "rate",
        _(
            "Of all days that products were carried in a warehouse, the share that ended with none on hand. A product "
            "counts from its first stock movement in that warehouse on; one that was switched off, until its last."
        ),
        "down",
    ),
    Measure(
        "fill_rate",
        _("Fill rate"),
        "rate",
        _(
            "Pieces that could be reserved the moment they were ordered ÷ all pieces asked for, refused orders "
            "included."
        ),
    ),
    Measure(
        "on_time_rate",
        _("On-time rate"),
        "rate",
        _(
            "Of the order lines whose requested date lies in the period, the share whose last piece shipped on or "
            "before that date. Cancelled pieces are not due; lines due today count once they are shipped."
        ),
    ),
    Measure(
        "slow_movers",
        _("Slow movers"),
        "money",
        _("Value of stock that has not moved: in its warehouse for 90 days or more, nothing shipped for 90 days."),
        "down",
    ),
]
MEASURES: dict[str, Measure] = {measure.code: measure for measure in _ALL}
