from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_refuse_truncate")]

    operations = [
        migrations.AddField(
            model_name="stocklevel",
            name="demanded",
            field=models.BigIntegerField(db_default=0, verbose_name="demanded"),
        ),
        migrations.AddField(
            model_name="stocklevel",
            name="waiting",
            field=models.GeneratedField(
                db_persist=True,
                expression=F("demanded") - F("reserved"),
                output_field=models.BigIntegerField(verbose_name="waiting"),
            ),
        ),
    ]
