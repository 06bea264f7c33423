"""Rows for tests. Stock is never written directly: ``stock()`` goes through the ledger, as everything does."""

from decimal import Decimal

import factory
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from core.models import Company, User
from inventory.models import Category, Product, StockLevel, Warehouse
from inventory.places import Receipt
from inventory.services import open_balance
from orders.models import Channel, Customer
from purchasing.models import Supplier, SupplierItem


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company
        django_get_or_create = ("pk",)

    pk = 1
    name = "Harbour Daily Goods"
    currency = "CNY"
    holding_rate = Decimal("0.2500")


class UserFactory(factory.django.DjangoModelFactory):
    """``UserFactory(permissions=["orders.view_order"])`` or ``UserFactory(role="Sales")``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")

    @factory.post_generation
    def password(self, create, extracted, **kwargs):
        self.set_password(extracted or "secret")
        self.save(update_fields=["password"])

    @factory.post_generation
    def permissions(self, create, extracted, **kwargs):
        for permission in extracted or []:
            app, codename = permission.split(".")
            self.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))

    @factory.post_generation
    def role(self, create, extracted, **kwargs):
        if extracted:
            self.groups.add(Group.objects.get(name=extracted))


class CategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Category

    name = factory.Sequence(lambda n: f"Category {n}")


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"SKU-{n:04d}")
    name = factory.Sequence(lambda n: f"Product {n}")
    category = factory.SubFactory(CategoryFactory)
    price = Decimal("10.00")


class WarehouseFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Warehouse

    code = factory.Sequence(lambda n: f"W{n:05d}")
    name = factory.Sequence(lambda n: f"Warehouse {n:05d}")


class ChannelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Channel

    code = factory.Sequence(lambda n: f"channel{n}")
    name = factory.Sequence(lambda n: f"Channel {n}")


class CustomerFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Customer

    code = factory.Sequence(lambda n: f"C{n:04d}")
    name = factory.Sequence(lambda n: f"Customer {n}")


class SupplierFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Supplier

    code = factory.Sequence(lambda n: f"S{n:03d}")
    name = factory.Sequence(lambda n: f"Supplier {n}")
    lead_time_days = 10
    order_cost = Decimal("30.00")


class SupplierItemFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SupplierItem

    supplier = factory.SubFactory(SupplierFactory)
    product = factory.SubFactory(ProductFactory)
    unit_cost = Decimal("6.0000")
    moq = 1
    order_multiple = 1


def stock(product, warehouse, quantity, unit_cost="6.00", *, at=None) -> StockLevel:
    """Put ``quantity`` pieces into stock as an opening balance; returns the fresh stock level."""
    receipt = Receipt((product.pk, warehouse.pk), quantity, Decimal(unit_cost) * quantity, "OPENING")
    open_balance([receipt], at=at or timezone.now(), reason="test")
    return StockLevel.objects.get(product=product, warehouse=warehouse)
