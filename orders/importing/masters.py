"""What the orders of a file point at: found by its code, or made when the user said so."""

from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import to_cents
from core.references import resolve
from inventory.catalogue import NewProduct, add_products
from inventory.models import Product, Warehouse
from orders.importing.openings import DOCUMENT, Made, Opening, opening_moment, reason
from orders.importing.problems import FileProblem
from orders.importing.rules import REFUSED, refuse_documents
from orders.importing.spool import Problem, Spool
from orders.models import Channel, Customer
from orders.services import add_customers

BATCH = 2000
# What is most often said of each product that is not known: descriptions and prices change over the months.
USUAL = """
    CREATE TABLE sold AS SELECT line.* FROM document JOIN line USING (reference, kind)
     WHERE kind = 'sale' AND sku NOT IN (SELECT sku FROM product);
    CREATE TABLE usual_name (sku TEXT PRIMARY KEY, name TEXT);
    INSERT INTO usual_name SELECT sku, name FROM (
        SELECT sku, name, row_number() OVER (PARTITION BY sku ORDER BY count(*) DESC, max(no) DESC) AS place
          FROM sold WHERE name <> '' GROUP BY sku, name) WHERE place = 1;
    CREATE TABLE usual_price (sku TEXT PRIMARY KEY, cents INTEGER);
    INSERT INTO usual_price SELECT sku, cents FROM (
        SELECT sku, cents, row_number() OVER (PARTITION BY sku ORDER BY cents > 0 DESC, count(*) DESC, max(no) DESC)
               AS place FROM sold WHERE cents IS NOT NULL GROUP BY sku, cents) WHERE place = 1;
"""
MISSING = """
    SELECT sold.sku, spelling, coalesce(usual_name.name, spelling), usual_price.cents, sum(quantity), min(no)
      FROM sold JOIN document USING (reference, kind) LEFT JOIN usual_name USING (sku) LEFT JOIN usual_price USING (sku)
     GROUP BY sold.sku ORDER BY min(no)
"""


def find_channel(code: str, *, create: bool) -> Channel:
    """Raises: FileProblem when there is none and none may be made."""
    channel = Channel.objects.filter(code=code).first()
    if channel is None and create:
        channel = Channel.objects.create(code=code, name=code)
    if channel is None:
        known = ", ".join(Channel.objects.values_list("code", flat=True)) or "–"
        text = _("There is no channel %(code)s (there are: %(known)s); --create-missing makes it.")
        raise FileProblem(text % {"code": code, "known": known})
    return channel


def find_warehouse(code: str | None, *, create: bool) -> Warehouse:
    """The warehouse named, or the only one. Raises: FileProblem when that says nothing."""
    warehouses = list(Warehouse.objects.filter(is_active=True, **({"code": code} if code else {}))[:2])
    if not warehouses and create and (code or not Warehouse.objects.exists()):
        return Warehouse.objects.create(code=code or "MAIN", name=code or _("Main warehouse"))
    if len(warehouses) != 1:
        known = ", ".join(Warehouse.objects.filter(is_active=True).values_list("code", flat=True)) or "–"
        raise FileProblem(_("Say which warehouse ships, with --warehouse CODE; there are: %s.") % known)
    return warehouses[0]


def find_products(spool: Spool) -> None:
    """Note the keys of the products that exist, by SKU or barcode."""
    for batch in spool.batches("SELECT DISTINCT sku FROM line"):
        found = resolve(Product, ("sku_upper", "barcode"), [sku for (sku,) in batch])
        spool.add_keys("product", {str(sku): pk for sku, pk in found.items()})


def find_customers(spool: Spool) -> None:
    """Note the keys of the customers that exist, by code."""
    for batch in spool.batches("SELECT DISTINCT customer FROM line"):
        found = resolve(Customer, ("code",), [code for (code,) in batch])
        spool.add_keys("customer", {str(code): pk for code, pk in found.items()})


def make_customers(spool: Spool, made: Made, names: dict[str, str]) -> None:
    """Add the customers of orders that do not exist; ``names`` by code go before those of the file."""
    query = (
        "SELECT customer, max(customer_name), max(address) FROM line JOIN document USING (reference, kind) "
        "WHERE kind = 'sale' AND customer NOT IN (SELECT code FROM customer) GROUP BY customer ORDER BY min(no)"
    )
    for batch in list(spool.batches(query, BATCH)):
        customers = add_customers(
            [{"code": c, "name": names.get(c) or name or c, "address": address} for c, name, address in batch]
        )
        spool.add_keys("customer", {customer.code: customer.pk for customer in customers})
        made.customers += len(customers)


def make_products(spool: Spool, made: Made, opening: Opening) -> None:
    """Add the products of orders that do not exist, each with the stock that its orders need.

    A batch commits products and stock together: after a death in between, the next run makes the rest.
    """
    spool.script(USUAL)
    unpriced = [row for row in spool.rows(MISSING) if row[3] is None]
    for sku, spelling, *_rest in unpriced:
        rows = spool.rows("SELECT no, reference FROM line WHERE sku = ? AND kind = 'sale'", [sku])
        text = _("the new product %s has no price in any line") % spelling
        spool.add_problems([Problem(no, reference, REFUSED, text) for no, reference in rows])
    if unpriced:
        refuse_documents(spool)
    at = opening_moment(spool)
    for batch in list(spool.batches(MISSING, BATCH)):
        news = [
            NewProduct(spelling, name, price := Decimal(cents).scaleb(-2), need, price * opening.cost_share)
            for _sku, spelling, name, cents, need, _no in batch
        ]
        products = add_products(news, warehouse_id=opening.warehouse_id, at=at, document=DOCUMENT, reason=reason())
        spool.add_keys("product", {row[0]: product.pk for row, product in zip(batch, products, strict=True)})
        made.products += len(products)
        made.count([(new.on_hand, to_cents(new.unit_cost * new.on_hand)) for new in news])
