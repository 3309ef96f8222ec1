"""Filters are saved, each by a member of its own organization: memberships never move, so to look once is enough."""

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

BELONG = """
create function saved_filter_belongs() returns trigger language plpgsql as $$
begin
    if not exists (
        select from organizations_membership m where m.id = new.owner_id and m.organization_id = new.organization_id
    ) then
        raise exception 'A filter is saved by a member of its own organization.'
            using errcode = 'foreign_key_violation';
    end if;
    return new;
end $$;

create trigger saved_filter_belongs before insert or update of owner_id, organization_id
    on conversations_savedfilter for each row execute function saved_filter_belongs();
"""

BACK = """
drop trigger saved_filter_belongs on conversations_savedfilter;
drop function saved_filter_belongs();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0004_big_moves"),
        ("organizations", "0002_memberships_stay"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=80)),
                ("shared", models.BooleanField(default=False)),
                ("filter", models.JSONField()),
                ("order", models.CharField(max_length=10)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="saved_filters",
                        to="organizations.membership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        "owner",
                        django.db.models.functions.text.Lower("title"),
                        condition=models.Q(("shared", False)),
                        name="one_own_filter_per_title",
                    ),
                    models.UniqueConstraint(
                        "organization",
                        django.db.models.functions.text.Lower("title"),
                        condition=models.Q(("shared", True)),
                        name="one_shared_filter_per_title",
                    ),
                ],
            },
        ),
        migrations.RunSQL(BELONG, BACK),
    ]
