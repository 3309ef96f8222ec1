"""The pool in the order in which it is given, so that a batch is read off an index and not sorted: replies of a whole
organization by how long they have waited, first messages campaign by campaign."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_teams_come_first"),
        ("contacts", "0003_contacts_are_searched"),
        ("conversations", "0014_holders_are_looked_up_once"),
        ("messaging", "0001_nouns"),
        ("organizations", "0006_whoever_takes_over_says_so"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="conversation", name="conversations_pool"),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                "organization",
                "waiting_since",
                "contact",
                condition=models.Q(status=3, texter=None, opted_out=False),
                include=["campaign", "pinned_to", "escalated", "hours_key"],
                name="conversations_pool_replies",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                "campaign",
                "contact",
                condition=models.Q(status=1, texter=None, opted_out=False),
                include=["pinned_to", "escalated", "hours_key"],
                name="conversations_pool_unsent",
            ),
        ),
    ]
