"""A team's title is its own whatever its case, as a tag's is."""

import django.db.models.functions.text
from django.db import migrations, models

# Of those that differ by case alone, the later ones get their number behind.
TITLES = """
update organizations_team later set title = left(title, 80) || ' ' || id
where exists (
    select from organizations_team earlier
    where earlier.organization_id = later.organization_id
        and lower(earlier.title) = lower(later.title) and earlier.id < later.id
)
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0004_pools_are_controlled")]

    operations = [
        migrations.RemoveConstraint("team", "one_team_per_title"),
        migrations.RunSQL(TITLES, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "team",
            models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("title"),
                name="one_team_per_title",
            ),
        ),
    ]
