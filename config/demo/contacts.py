"""Whom the demo company deals with at its customers, and where the goods go."""

from collections.abc import Sequence

from orders.models import Contact, Customer, DeliveryAddress

PEOPLE = [("周敏", "采购 · Purchasing"), ("吴磊", "收货 · Goods in"), ("郑洁", "财务 · Accounts")]
PLACES = [("门店 · Shop", "店"), ("仓库 · Warehouse", "仓库")]


def note_contacts(customers: Sequence[Customer]) -> None:
    """Every third customer has people and two delivery addresses, the first of them the usual one."""
    some = list(customers[::3])
    contacts = Contact.objects.bulk_create(
        Contact(
            customer=customer,
            name=name,
            role=role,
            phone=f"139{customer.pk:05d}{n:03d}",
            email=f"{('purchasing', 'goods-in', 'accounts')[n]}{customer.pk}@customer.example",
        )
        for customer in some
        for n, (name, role) in enumerate(PEOPLE)
    )
    DeliveryAddress.objects.bulk_create(
        DeliveryAddress(
            customer=customer,
            label=label,
            address=f"{customer.address} {place} {n + 1}",
            contact=contacts[len(PEOPLE) * index + n],
            is_default=n == 0,
        )
        for index, customer in enumerate(some)
        for n, (label, place) in enumerate(PLACES)
    )
