"""A contact is of its campaign's organization.

Checked once a statement: with it, a foreign key to the organization would promise nothing more, and cost each row of
a list a look-up. The same goes for indexes that others begin with.
"""

import django.db.models.deletion
from django.db import migrations, models

BELONG = """
create function contacts_belong() returns trigger language plpgsql as $$
begin
    if exists (
        select from written w left join campaigns_campaign c on c.id = w.campaign_id
        where c.organization_id is distinct from w.organization_id
    ) then
        raise exception 'A contact belongs to the organization of its campaign.'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

create trigger contacts_belong_inserted after insert on contacts_contact
    referencing new table as written for each statement execute function contacts_belong();
create trigger contacts_belong_updated after update on contacts_contact
    referencing new table as written for each statement execute function contacts_belong();
"""

BACK = """
drop trigger contacts_belong_inserted on contacts_contact;
drop trigger contacts_belong_updated on contacts_contact;
drop function contacts_belong();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_nouns"),
        ("contacts", "0001_nouns"),
        ("organizations", "0002_memberships_stay"),
    ]

    operations = [
        migrations.RunSQL(BELONG, BACK),
        migrations.AlterField(
            model_name="contact",
            name="campaign",
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="campaigns.campaign"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="organization",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organizations.organization"),
        ),
        migrations.AlterField(
            model_name="contact",
            name="upload",
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="contacts.upload"),
        ),
    ]
