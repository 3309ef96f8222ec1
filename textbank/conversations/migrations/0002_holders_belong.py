"""Who has a conversation, or is pinned to it, is of its organization, and so is its campaign.

Checked once a statement, over what the statement wrote: a composite foreign key would check once a row and cost a
hand-off of a hundred thousand half as much again.
"""

from django.db import migrations

BELONG = """
create function holders_belong() returns trigger language plpgsql as $$
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

create function campaigns_belong() returns trigger language plpgsql as $$
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

create trigger holders_belong_inserted after insert on conversations_conversation
    referencing new table as written for each statement execute function holders_belong();
create trigger holders_belong_updated after update on conversations_conversation
    referencing new table as written for each statement execute function holders_belong();
create trigger campaigns_belong_inserted after insert on conversations_conversation
    referencing new table as written for each statement execute function campaigns_belong();
"""

BACK = """
drop trigger holders_belong_inserted on conversations_conversation;
drop trigger holders_belong_updated on conversations_conversation;
drop trigger campaigns_belong_inserted on conversations_conversation;
drop function holders_belong();
drop function campaigns_belong();
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_nouns"), ("organizations", "0002_memberships_stay")]

    operations = [migrations.RunSQL(BELONG, BACK)]
