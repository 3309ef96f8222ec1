from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0006_notes")]

    operations = [
        migrations.AddField(
            model_name="handoff",
            name="answering",
            field=models.JSONField(default=dict),
        ),
    ]
