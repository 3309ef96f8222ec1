"""That its contact is there, a conversation's trigger asks once for a whole list; a foreign key asked again for every
row of it. What is left for the key to do is to keep a contact from going before its conversation."""

import django.db.models.deletion
from django.db import migrations, models

OUTLAST = """
create function contacts_outlast_conversations() returns trigger language plpgsql as $$
begin
    if exists (select from gone g join conversations_conversation c on c.id = g.id) then
        raise exception 'A contact stays as long as its conversation does.' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger contacts_outlast_conversations after delete on contacts_contact
    referencing old table as gone for each statement execute function contacts_outlast_conversations();
"""

BACK = """
drop trigger contacts_outlast_conversations on contacts_contact;
drop function contacts_outlast_conversations();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_campaigns_outlast_contacts"),
        ("conversations", "0015_the_pool_is_kept_as_it_is_asked_for"),
    ]

    operations = [
        migrations.AlterField(
            model_name="conversation",
            name="contact",
            field=models.OneToOneField(
                db_column="id",
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                primary_key=True,
                serialize=False,
                to="contacts.contact",
            ),
        ),
        migrations.RunSQL(OUTLAST, BACK),
    ]
