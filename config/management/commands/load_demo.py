"""Load the demo company: two years of trade, then policies and figures, so that every page has something to show."""

import time
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from rest_framework.authtoken.models import Token
from tqdm import tqdm

from config.demo import catalogue
from config.demo.contacts import note_contacts
from config.demo.currencies import play_currencies
from config.demo.demand import days_until
from config.demo.desk import lay_out_desk
from config.demo.history import History, World
from config.demo.lots import receive_lots
from config.demo.supply import agree_with_suppliers, set_up_standing_orders
from config.demo.transfers import play_transfers
from core.models import Company, User
from core.queue import enqueue
from forecasting.demand import midnight
from forecasting.models import DemandEvent, HolidayCalendar
from forecasting.services import request_backtest
from forecasting.tasks import run_backtest
from inventory.models import Category, Product, Warehouse
from orders.buying import refresh_repeat_purchases
from orders.models import Channel, Customer
from orders.tasks import check_all_promises
from purchasing.models import Supplier, SupplierItem
from purchasing.services import drain_marks

PASSWORD = "tandem-demo"
USERS = [
    ("sales", "Sales", "李雯", "Wen Li"),
    ("warehouse", "Warehouse", "王强", "Qiang Wang"),
    ("buyer", "Buyers", "陈静", "Jing Chen"),
    ("manager", "Managers", "赵敏", "Min Zhao"),
    ("integration", "Integrations", "接口", "Integration"),
]
YEAR = timedelta(weeks=52)
SIZES = {"full": (400, 300, 730, 105.0), "small": (24, 12, 60, 12.0)}


class Command(BaseCommand):
    help = "Load the demo company into an empty database: the same seed and day give the same company."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, default=None, help="last day of its history")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--size", choices=SIZES, default="full")
        parser.add_argument("--no-forecast", action="store_true", help="leave out forecast and KPI rows")

    def handle(self, *args: Any, **options: Any) -> None:
        if Company.objects.exists():
            raise CommandError("There is a company already: `make demo-reset` starts afresh.")
        if Product.objects.exists():
            raise CommandError(
                "An earlier load was interrupted, or there are products: `make demo-reset` starts afresh."
            )
        started = time.monotonic()
        products, customers, days, lines = SIZES[options["size"]]
        rng = np.random.default_rng(options["seed"])
        with connection.cursor() as cursor:
            # A power cut while loading costs the load, nothing else.
            cursor.execute("SET synchronous_commit TO off")
        world = self._world(products, customers, rng)
        self._users()
        history = History(world, days_until(options["today"] or timezone.localdate(), days), rng, lines)
        with tqdm(total=days + 1, desc="Two years of trade", unit="day", mininterval=1, disable=None) as bar:
            history.play(lambda _done, _of: bar.update())
        # Only now, so that an interrupted load is not taken for a company.
        Company.objects.create(pk=1, holding_rate="0.2500", **catalogue.COMPANY)
        self.stdout.write(f"History loaded in {time.monotonic() - started:.0f} s.")
        if options["today"] is None:  # quotations hold until days of the future
            lay_out_desk(world)
        self._calendar(options["today"] or timezone.localdate())
        play_transfers()
        play_currencies(timezone.localdate())
        if options["today"] is None:
            agree_with_suppliers(timezone.localdate())
            set_up_standing_orders(timezone.localdate())
            receive_lots(world)
        if not options["no_forecast"]:
            self._derive(options["today"])
            if options["today"] is None and days > YEAR.days:
                self._replay_last_year()
        self.stdout.write(f"Demo company ready in {time.monotonic() - started:.0f} s.")

    @staticmethod
    def _calendar(today: date) -> None:
        """What the demand of this company follows: Chinese holidays, and November's sales of these years."""
        HolidayCalendar.objects.create(country="CN")
        DemandEvent.objects.bulk_create(
            DemandEvent(
                name="双十一",
                kind="event",
                starts_on=date(year, 11, 1),
                ends_on=date(year, 11, 12),
                created_at=midnight(date(min(year, today.year), 1, 1)),  # a backtest asks what was known when
            )
            for year in range(today.year - 2, today.year + 2)
        )

    def _derive(self, today: date | None) -> None:
        """Forecast, policies, suggestions and KPI rows, as the night would compute them."""
        for name, command, arguments in (
            ("Forecast", "run_forecast", ["--as-of", today.isoformat()] if today else []),
            ("KPIs", "refresh_kpis", []),
        ):
            started = time.monotonic()
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            call_command(command, *arguments)
            self.stdout.write(f"{name} in {time.monotonic() - started:.0f} s.")
        while drain_marks():
            pass
        check_all_promises()
        refresh_repeat_purchases()

    @staticmethod
    def _replay_last_year() -> None:
        """Ask for what each policy would have earned; the worker computes it while somebody looks around."""
        yesterday = timezone.localdate() - timedelta(days=1)
        enqueue(run_backtest, request_backtest(yesterday - YEAR + timedelta(days=1), yesterday, {}).pk)

    def _world(self, products: int, customers: int, rng: np.random.Generator) -> World:
        items = catalogue.items(products, rng)
        categories = {name: Category.objects.create(name=name) for name in catalogue.GOODS}
        rows = Product.objects.bulk_create(
            Product(sku=i.sku, name=i.name, barcode=i.barcode, price=i.price, category=categories[i.category])
            for i in items
        )
        lead_times = [(int(rng.integers(4, 26)), float(rng.uniform(0.9, 1.35))) for _ in catalogue.SUPPLIERS]
        suppliers = Supplier.objects.bulk_create(
            Supplier(
                code=f"S{n + 1:02d}",
                name=name,
                email=f"orders@supplier{n + 1}.example",
                lead_time_days=lead_times[n][0],
                order_cost=Decimal(int(rng.integers(3, 13)) * 10),
            )
            for n, name in enumerate(catalogue.SUPPLIERS)
        )
        SupplierItem.objects.bulk_create(
            SupplierItem(
                supplier=suppliers[item.supplier],
                product=row,
                supplier_sku=f"{item.supplier + 1:02d}-{row.sku[3:]}",
                unit_cost=item.unit_cost,
                moq=item.moq,
                order_multiple=item.order_multiple,
                pallet_quantity=item.pallet,
                broken_pallet_cost=Decimal(25) if item.pallet else None,
            )
            for item, row in zip(items, rows, strict=True)
        )
        warehouses = [Warehouse.objects.create(code=c, name=n, address=a) for c, n, a, _s in catalogue.WAREHOUSES]
        channels = [Channel.objects.create(code=code, name=name) for code, name in catalogue.CHANNELS]
        return World(
            items=items,
            products=[row.pk for row in rows],
            warehouses=[warehouse.pk for warehouse in warehouses],
            channels=[channel.pk for channel in channels],
            customers=[customer.pk for customer in self._customers(customers, rng)],
            suppliers=[supplier.pk for supplier in suppliers],
            lead_times=lead_times,
        )

    def _customers(self, count: int, rng: np.random.Generator) -> list[Customer]:
        rows = []
        for n in range(count):
            kind, english = catalogue.KINDS[int(rng.integers(len(catalogue.KINDS)))].split(" · ")
            name = f"{catalogue.SURNAMES[n % len(catalogue.SURNAMES)]}{kind} {n + 1} · {english} {n + 1}"
            phone = f"138{int(rng.integers(10**8)):08d}"
            rows.append(
                Customer(
                    code=f"C{n + 1:04d}",
                    name=name,
                    phone=phone,
                    email=f"buyer{n + 1}@customer.example",
                    address=f"{catalogue.STREETS[n % len(catalogue.STREETS)]} {n % 180 + 1} 号",
                    # Most read Chinese, some write from abroad, and some never said.
                    language=("zh-hans", "zh-hans", "en", "")[n % 4],
                )
            )
        customers = Customer.objects.bulk_create(rows)
        note_contacts(customers)
        return customers

    def _users(self) -> None:
        for username, group, _last, first in USERS:
            user, _created = User.objects.get_or_create(username=username)
            user.first_name, user.last_name = first, ""
            user.set_password(PASSWORD)
            user.save()
            user.groups.set([Group.objects.get(name=group)])
        admin, _created = User.objects.get_or_create(username="admin")
        admin.is_staff = admin.is_superuser = True
        admin.set_password(PASSWORD)
        admin.save()
        token, _created = Token.objects.get_or_create(user=User.objects.get(username="integration"))
        self.stdout.write(f"API token of user integration: {token.key}")
        self.stdout.write(f"Time zone: {settings.TIME_ZONE}.")
