"""A conversation is of its contact's campaign and organization.

Checked once a statement, by one look-up a row in place of two foreign keys'. The contact's own organization and
campaign are promised where contacts are.
"""

import django.db.models.deletion
from django.db import migrations, models

# The look-up is a subquery so that it stays one by id: a join's plan is kept by the session, and one that was made
# for a hundred thousand rows would read every contact there is for a single row.
BELONG = """
create or replace function campaigns_belong() returns trigger language plpgsql as $$
begin
    if exists (
        select from written w where (
            select c.campaign_id = w.campaign_id and c.organization_id = w.organization_id
            from contacts_contact c where c.id = w.id
        ) is not true
    ) then
        raise exception 'A conversation belongs to the campaign and the organization of its contact.'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
"""

BACK = """
create or replace function campaigns_belong() returns trigger language plpgsql as $$
begin
    if exists (
        select from written w join campaigns_campaign c on c.id = w.campaign_id
        where c.organization_id <> w.organization_id
    ) then
        raise exception 'A conversation belongs to the organization of its campaign.'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_nouns"),
        ("contacts", "0002_contacts_belong"),
        ("conversations", "0002_holders_belong"),
        ("organizations", "0002_memberships_stay"),
    ]

    operations = [
        migrations.RunSQL(BELONG, BACK),
        migrations.AlterField(
            model_name="conversation",
            name="campaign",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="conversations", to="campaigns.campaign"),
        ),
        migrations.AlterField(
            model_name="conversation",
            name="organization",
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="organizations.organization"),
        ),
    ]
