"""Who holds what was written is looked up once each, and not once a row: a hand-off writes two thousand rows for ten."""

from django.db import migrations

ONCE = """
create or replace function holders_belong() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct organization_id, texter_id, pinned_to_id from written) held
            left join organizations_membership t on t.id = held.texter_id
            left join organizations_membership p on p.id = held.pinned_to_id
        where held.texter_id is not null and t.organization_id is distinct from held.organization_id
            or held.pinned_to_id is not null and p.organization_id is distinct from held.organization_id
    ) then
        raise exception 'A conversation can only be held by a member of its own organization.'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
"""

BACK = """
create or replace function holders_belong() returns trigger language plpgsql as $$
begin
    if exists (
        select from written w left join organizations_membership m on m.id = w.texter_id
        where w.texter_id is not null and m.organization_id is distinct from w.organization_id
    ) or exists (
        select from written w left join organizations_membership m on m.id = w.pinned_to_id
        where w.pinned_to_id is not null and m.organization_id is distinct from w.organization_id
    ) then
        raise exception 'A conversation can only be held by a member of its own organization.'
            using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0013_activity_stands_beside")]

    operations = [migrations.RunSQL(ONCE, BACK)]
