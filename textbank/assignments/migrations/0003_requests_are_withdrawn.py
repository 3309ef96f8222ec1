from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assignments", "0002_requests_and_schedules")]

    operations = [
        migrations.AlterField(
            model_name="request",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("given", "Given"),
                    ("denied", "Denied"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
