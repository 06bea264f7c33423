"""Saving lines under a name, and forgetting them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.actor import current_actor_id
from core.checks import text_error
from core.errors import Duplicate, InvalidInput
from inventory.models import Product
from orders.checks import MAX_LINES, Known, check_line
from orders.locks import lock_template
from orders.models import Customer, OrderTemplate, OrderTemplateLine
from orders.values import NewLine

MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """Lines to keep; without a customer they are for all. ``replace``: in place of the template of this name."""

    name: str
    lines: Sequence[NewLine]
    customer_id: int | None = None
    replace: bool = False


def save_template(new: NewTemplate) -> OrderTemplate:
    """Keep the lines under a name. Raises: InvalidInput, Duplicate (there is one of this name)."""
    try:
        return _save(new)
    except IntegrityError as exc:
        # Somebody else saved this name at the same moment.
        if "ordertemplate_name_any_case" not in str(exc):
            raise
        raise _taken(new.name) from None


@transaction.atomic(durable=True)
def _save(new: NewTemplate) -> OrderTemplate:
    _check(new)
    name = " ".join(new.name.split())
    known = lock_template(name)
    if known and not new.replace:
        raise _taken(known.name)
    template = known or OrderTemplate(name=name)
    template.customer_id, template.created_by_id = new.customer_id, current_actor_id()
    template.saved_at = timezone.now()
    template.save()
    template.lines.all().delete()
    OrderTemplateLine.objects.bulk_create(
        OrderTemplateLine(
            template=template,
            position=position,
            product_id=line.product_id,
            quantity=line.quantity,
            discount=line.discount,
        )
        for position, line in enumerate(new.lines, 1)
    )
    audit.record("order_template", template.pk, "saved", name=name, lines=len(new.lines))
    return template


def _check(new: NewTemplate) -> None:
    errors: dict[str, str] = {}
    if wrong := text_error(new.name, MAX_NAME, is_required=True):
        errors["name"] = wrong
    if new.customer_id is not None and not Customer.objects.filter(pk=new.customer_id).exists():
        errors["customer"] = _("Choose a customer.")
    if not new.lines:
        errors["lines"] = _("A template needs at least one line.")
    if len(new.lines) > MAX_LINES:
        errors["lines"] = _("An order has at most %s lines; split it.") % MAX_LINES
    products = Product.objects.in_bulk({line.product_id for line in new.lines})
    for index, line in enumerate(new.lines):
        product = products.get(line.product_id)
        known = Known(product.sku, product.is_active, product.price) if product else None
        check_line(f"lines.{index}", line, known, errors)
    if errors:
        raise InvalidInput(_("The template was not saved: please correct the fields named."), field_errors=errors)


def _taken(name: str) -> Duplicate:
    return Duplicate(_("There is a template named %s already.") % name, name=name)


@transaction.atomic(durable=True)
def forget_template(template_id: int) -> None:
    """Delete a template; orders that began from it stay."""
    template = OrderTemplate.objects.filter(pk=template_id).first()
    if template:
        audit.record("order_template", template.pk, "forgotten", name=template.name)
        template.delete()
