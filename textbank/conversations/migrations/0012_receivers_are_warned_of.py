"""What spoke against a receiver is written down with the hand-off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0011_escalated_are_counted_from_an_index")]

    operations = [migrations.AddField("handoff", "warnings", models.JSONField(default=dict))]
