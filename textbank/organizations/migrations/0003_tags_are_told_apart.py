"""A tag's title is its own whatever its case, and its colour is one of a few that can be read in the dark too."""

import django.db.models.functions.text
from django.db import migrations, models
from django.db.models import Q

# Of those that differ by case alone, the later ones get their number behind.
TITLES = """
update organizations_tag later set title = left(title, 80) || ' ' || id
where exists (
    select from organizations_tag earlier
    where earlier.organization_id = later.organization_id
        and lower(earlier.title) = lower(later.title) and earlier.id < later.id
)
"""

COLOURS = """
update organizations_tag set colour = case colour
    when '#b42318' then 'red' when '#b45309' then 'amber' when '#15803d' then 'green' when '#2563eb' then 'blue'
    else 'grey'
end
"""

NAMES = ["grey", "red", "amber", "green", "teal", "blue", "violet"]


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_memberships_stay")]

    operations = [
        migrations.AddField("tag", "deleted_at", models.DateTimeField(null=True, blank=True)),
        migrations.RemoveConstraint("tag", "one_tag_per_title"),
        migrations.RunSQL(TITLES, migrations.RunSQL.noop),
        migrations.AlterField(
            "tag",
            "colour",
            models.CharField(max_length=10, choices=[(name, name.capitalize()) for name in NAMES], default="grey"),
        ),
        migrations.RunSQL(COLOURS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "tag",
            models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("title"),
                condition=Q(deleted_at=None),
                name="one_tag_per_title",
            ),
        ),
    ]
