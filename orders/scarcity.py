"""Where stock is scarce, who contends for it, and what each rule of giving it out comes to, with a reason per move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.templatetags.tandem import amount, in_words
from inventory import pipeline
from inventory.models import StockLevel
from inventory.places import Place
from orders.allocation import Claim, Plan, by_rank, most_profit, profit
from orders.atp import timelines
from orders.models import OrderLine
from orders.models.promises import DeliveryCosts, ServiceMinimum
from orders.promise import OPEN_ORDERS

COIN = Decimal("0.0001")  # what allocation counts in
UNKNOWN_WAIT = 30  # days until more comes where nobody supplies it
RULES: dict[str, LazyText] = {
    "profit": gettext_lazy("Most profit"),
    "due": gettext_lazy("Earliest wish first"),
    "first_come": gettext_lazy("First come, first served"),
}


def delivery_costs() -> DeliveryCosts:
    """What deliveries and waiting cost; the defaults until somebody set them."""
    return DeliveryCosts.objects.first() or DeliveryCosts(pk=1)


def scarce_places() -> QuerySet[StockLevel]:
    """Places where some orders hold stock and others wait for it, most pieces waiting first."""
    levels = StockLevel.objects.filter(waiting__gt=0, on_hand__gt=0).select_related("product", "warehouse")
    return levels.order_by("-waiting", "pk")


def service_minimums() -> QuerySet[ServiceMinimum]:
    """Customers who are guaranteed a share, by name."""
    return ServiceMinimum.objects.select_related("customer").order_by("customer__name", "pk")


@dataclass(frozen=True, slots=True)
class Contender:
    """An order line that wants pieces, and which hard rule guarantees it some ("promise", "minimum" or "")."""

    line: OrderLine
    claim: Claim
    guaranteed_by: str
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """Everybody who contends for the stock of one place, first come first; ``covered_on``: when more comes for all."""

    place: Place
    stock: int
    contenders: Sequence[Contender]
    covered_on: date | None
    document: str

    @property
    def claims(self) -> list[Claim]:
        return [contender.claim for contender in self.contenders]


def case_of(place: Place, *, today: date | None = None) -> Case:
    """Who contends for a place and under which rules. A constant number of queries."""
    today = today or timezone.localdate()
    lines = list(_open_lines(place))
    level = StockLevel.objects.filter(product=place[0], warehouse=place[1]).first() or StockLevel()
    free = level.on_hand - level.reserved
    stock = free + sum(line.held for line in lines)  # type: ignore[attr-defined]
    covered_on, document, wait_until = _covered(place, sum(line.open_quantity for line in lines) - stock, today)
    cost = level.value / level.on_hand if level.on_hand else Decimal(0)
    worth = _Worth(delivery_costs(), cost, wait_until, today)
    alone = _orders_short_of_nothing_else(lines)
    minimums = dict(
        ServiceMinimum.objects.filter(customer__in={line.order.customer_id for line in lines}).values_list(
            "customer", "percent"
        )
    )
    contenders, room = [], stock - sum(_kept(line, covered_on) for line in lines)
    for line in lines:
        kept = _kept(line, covered_on)
        percent = minimums.get(line.order.customer_id, 0)
        more = min(max(line.open_quantity * percent // 100 - kept, 0), room)
        room -= more
        not_yet_due = covered_on is not None and line.order.requested_date >= covered_on
        claim = Claim(
            key=line.pk,
            wanted=line.open_quantity,
            held=line.held,  # type: ignore[attr-defined]
            gain=worth.of_a_piece(line),
            bonus=worth.delivery if line.order_id in alone and not not_yet_due else 0,
            least=kept + more,
            most=max(line.held, kept + more) if not_yet_due else None,  # type: ignore[attr-defined]
        )
        contenders.append(Contender(line, claim, "minimum" if more else "promise" if kept else "", percent))
    return Case(place, stock, contenders, covered_on, document)


def _open_lines(place: Place) -> QuerySet[OrderLine]:
    """Open lines of a place with the pieces they hold, first come first."""
    return (
        OrderLine.objects.filter(product=place[0], order__warehouse=place[1], order__status__in=OPEN_ORDERS)
        .filter(quantity__gt=F("shipped") + F("cancelled"))
        .annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
        .select_related("order__customer", "product")
        .order_by("order__ordered_at", "pk")
    )


def _covered(place: Place, waiting: int, today: date) -> tuple[date | None, str, date]:
    """When supply covers all that waits and by which document; and until when waiting is reckoned to last."""
    timeline = timelines([place], today=today)[place]
    timeline.owed.clear()
    timeline.free = 0
    supply = timeline.first_supply(waiting) if waiting > 0 else None
    if supply:
        day = timeline.arrives_on(supply)
        return day, supply.document, day
    days = pipeline.lead_times([place]).get(place, UNKNOWN_WAIT)
    return None, "", today + timedelta(days=days)


def _kept(line: OrderLine, covered_on: date | None) -> int:
    """Pieces that a promise guarantees: what the line holds, if taking it away could not be made good in time."""
    promised = line.promised_date or line.order.requested_date
    return line.held if covered_on is None or promised < covered_on else 0  # type: ignore[attr-defined,no-any-return]


def _orders_short_of_nothing_else(lines: Sequence[OrderLine]) -> set[int]:
    """Orders of these lines that have all they need of everything else: completing the line saves a delivery."""
    mine = {line.pk for line in lines}
    others = (
        OrderLine.objects.filter(order__in={line.order_id for line in lines})
        .exclude(pk__in=mine)
        .annotate(held=Coalesce(Sum("allocations__reservation__quantity"), 0))
        .filter(quantity__gt=F("shipped") + F("cancelled") + F("held"))
    )
    return {line.order_id for line in lines} - set(others.values_list("order_id", flat=True))


@dataclass(frozen=True, slots=True)
class _Worth:
    """What it is worth, in coins, to serve now rather than when more comes."""

    costs: DeliveryCosts
    unit_cost: Decimal
    wait_until: date
    today: date

    @property
    def delivery(self) -> int:
        return _coins(self.costs.delivery_cost)

    def of_a_piece(self, line: OrderLine) -> int:
        """A late day costs its share of the price, and the margin is lost if the customer gives up meanwhile."""
        days = max((self.wait_until - max(line.order.requested_date, self.today)).days, 0)
        lost = 1 - (1 - self.costs.cancel_odds_per_day) ** days
        late = line.unit_price * self.costs.late_share_per_day * days
        return max(_coins((line.unit_price - self.unit_cost) * lost + late), 0)


def _coins(money: Decimal) -> int:
    return int((money / COIN).quantize(Decimal(1), ROUND_HALF_UP))


def plan_of(case: Case, rule: str) -> Plan:
    """What a rule of RULES gives each line. Pieces that nobody contends for go to whoever came first."""
    claims = case.claims
    wishes = {c.claim.key: (c.line.order.requested_date, c.line.pk) for c in case.contenders}
    plans: Mapping[str, Callable[[], Plan]] = {
        "profit": lambda: most_profit(claims, case.stock),
        "due": lambda: by_rank(claims, case.stock, lambda claim: wishes[claim.key]),
        "first_come": lambda: by_rank(claims, case.stock),
    }
    plan = plans[rule]()
    left = case.stock - sum(plan.values())
    for claim in claims:
        more = min(claim.wanted - plan[claim.key], left)
        plan[claim.key] += more
        left -= more
    return plan


def earns(case: Case, plan: Plan) -> Decimal:
    """What a plan is worth compared with everybody waiting until more comes."""
    return (profit(case.claims, plan) * COIN).quantize(Decimal("0.01"), ROUND_HALF_UP)


def fingerprint(case: Case, plan: Plan) -> str:
    """Names what somebody saw before agreeing to it."""
    seen = [(claim.key, claim.held, plan[claim.key]) for claim in case.claims]
    return sha256(repr(seen).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Move:
    """What a plan changes for one line, or that it changes nothing, and why."""

    line: OrderLine
    held: int
    given: int
    first_come: int
    reason: str


def moves(case: Case, plan: Plan, rule: str) -> list[Move]:
    """One row per contender, with what first come, first served would have given it."""
    first_come = plan_of(case, "first_come")
    return [
        Move(
            c.line, c.claim.held, plan[c.claim.key], first_come[c.claim.key], _reason(case, c, plan[c.claim.key], rule)
        )
        for c in case.contenders
    ]


def _reason(case: Case, contender: Contender, given: int, rule: str) -> str:
    """Why a line gets more, less or as much as it holds, in one sentence."""
    line, claim = contender.line, contender.claim
    promised = line.promised_date or line.order.requested_date
    words = in_words(
        {
            "pieces": abs(given - claim.held),
            "promised": promised.isoformat(),
            "covered": case.covered_on.isoformat() if case.covered_on else "",
            "document": case.document,
            "percent": contender.percent,
            "earned": amount(claim.gain * COIN),
            "delivery": amount(claim.bonus * COIN),
        }
    )
    if given < claim.held:
        return _("%(pieces)s fewer: promised for %(promised)s, and %(document)s brings them by %(covered)s.") % words
    if given > claim.held:
        if contender.guaranteed_by == "minimum":
            return _("%(pieces)s more: at least %(percent)s %% are guaranteed to this customer.") % words
        if rule != "profit":
            return _("%(pieces)s more: next in line under this rule.") % words
        if claim.bonus and given == claim.wanted:
            return _("%(pieces)s more: that completes the order and saves a delivery (%(delivery)s).") % words
        return _("%(pieces)s more: serving now is worth %(earned)s a piece.") % words
    if contender.guaranteed_by == "promise" and claim.held:
        return _("Keeps what it holds: promised for %(promised)s, before more comes.") % words
    if claim.most is not None and claim.held < claim.wanted:
        return _("Wanted only when %(document)s is here (%(covered)s).") % words
    if given < claim.wanted:
        return _("Waits: others are served first; one piece now would be worth %(earned)s.") % words
    return _("Keeps what it holds.")
