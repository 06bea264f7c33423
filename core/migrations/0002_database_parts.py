"""Document number sequences, and the function that refuses changes to append-only tables."""

from django.db import migrations

SEQUENCES = [
    "core_sales_order_number",
    "core_shipment_number",
    "core_return_number",
    "core_purchase_order_number",
    "core_goods_receipt_number",
]

REFUSE = """
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused; record a correction instead', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION core_refuse_change()"),
        *(migrations.RunSQL(f"CREATE SEQUENCE {name}", f"DROP SEQUENCE {name}") for name in SEQUENCES),
    ]
