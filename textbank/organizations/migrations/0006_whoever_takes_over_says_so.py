from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0005_teams_are_told_apart")]

    operations = [
        migrations.AddField(
            model_name="settings",
            name="intro_line",
            field=models.CharField(
                blank=True,
                default="I'm {texterFirstName}, taking over from {previousTexterFirstName}.",
                max_length=320,
            ),
        ),
    ]
