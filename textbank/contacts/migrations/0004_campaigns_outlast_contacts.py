"""Whose campaign a contact is, its trigger asks once for a whole list; a foreign key asked again for every row of it.

What is left for the key to do is to keep a campaign from going before its contacts: a trigger on campaigns does.
"""

import django.db.models.deletion
from django.db import migrations, models

OUTLAST = """
create function campaigns_outlast_contacts() returns trigger language plpgsql as $$
begin
    if exists (select from gone g join contacts_contact c on c.campaign_id = g.id) then
        raise exception 'A campaign stays as long as its contacts do.' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger campaigns_outlast_contacts after delete on campaigns_campaign
    referencing old table as gone for each statement execute function campaigns_outlast_contacts();
"""

BACK = """
drop trigger campaigns_outlast_contacts on campaigns_campaign;
drop function campaigns_outlast_contacts();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_teams_come_first"),
        ("contacts", "0003_contacts_are_searched"),
    ]

    operations = [
        migrations.AlterField(
            model_name="contact",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="contacts",
                to="campaigns.campaign",
            ),
        ),
        migrations.RunSQL(OUTLAST, BACK),
    ]
