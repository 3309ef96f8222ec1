"""The order by last activity stands in a table of its own, which texts write and changes of hands do not.

In an index of the conversations it cost a hand-off a third of its time: neighbours by id are strangers by activity.
"""

import django.db.models.deletion
from django.db import migrations, models

KEPT = """
insert into conversations_activity (id, organization_id, at)
select id, organization_id, last_activity from conversations_conversation;

create function activity_begins() returns trigger language plpgsql as $$
begin
    insert into conversations_activity (id, organization_id, at)
    select id, organization_id, last_activity from written;
    return null;
end $$;

create function activity_moves() returns trigger language plpgsql as $$
begin
    update conversations_activity set at = new.last_activity where id = new.id;
    return null;
end $$;

create function activity_ends() returns trigger language plpgsql as $$
begin
    delete from conversations_activity where id in (select id from gone);
    return null;
end $$;

create trigger activity_begins after insert on conversations_conversation
    referencing new table as written for each statement execute function activity_begins();
-- A row's and not a statement's: a statement that does not set the column passes it by at no cost.
create trigger activity_moves after update of last_activity on conversations_conversation
    for each row when (old.last_activity is distinct from new.last_activity) execute function activity_moves();
create trigger activity_ends after delete on conversations_conversation
    referencing old table as gone for each statement execute function activity_ends();
"""

BACK = """
drop trigger activity_begins on conversations_conversation;
drop trigger activity_moves on conversations_conversation;
drop trigger activity_ends on conversations_conversation;
drop function activity_begins();
drop function activity_moves();
drop function activity_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0012_receivers_are_warned_of"), ("organizations", "0006_whoever_takes_over_says_so")]

    operations = [
        migrations.RemoveIndex("conversation", "conversations_by_activity"),
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "conversation",
                    models.OneToOneField(
                        db_column="id",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        serialize=False,
                        to="conversations.conversation",
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(KEPT, BACK),
        migrations.AddIndex(
            "activity",
            models.Index(
                models.F("organization"),
                models.OrderBy(models.F("at"), descending=True),
                models.OrderBy(models.F("conversation"), descending=True),
                name="conversations_by_activity",
            ),
        ),
    ]
