"""The triggers find stock levels by key, one by one, whatever a connection did before.

PL/pgSQL keeps a statement's first plan for the life of a connection. A first insert of thousands of rows planned
them to be joined with the whole table, which every single order after it then read to its end.
"""

from django.db import migrations

FUNCTIONS = ("inventory_apply_moves", "inventory_apply_reservations", "inventory_apply_reservation_changes")
FORWARD = "".join(
    f"ALTER FUNCTION {name}() SET enable_hashjoin = off SET enable_mergejoin = off;" for name in FUNCTIONS
)
BACKWARD = "".join(f"ALTER FUNCTION {name}() RESET ALL;" for name in FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [("inventory", "0005_fewer_indexes")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
