"""A membership is never deleted and never changes its organization.

That makes the cheap check on who has a conversation (a trigger, once a statement) as good as a foreign key.
"""

from django.db import migrations

STAY = """
create function membership_stays() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'A membership is suspended, never deleted.' using errcode = 'restrict_violation';
    end if;
    if (new.id, new.organization_id, new.user_id) is distinct from (old.id, old.organization_id, old.user_id) then
        raise exception 'A membership never changes its person or organization.' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;

create trigger membership_stays before delete or update of id, organization_id, user_id
    on organizations_membership for each row execute function membership_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_nouns")]

    operations = [
        migrations.RunSQL(
            STAY, "drop trigger membership_stays on organizations_membership; drop function membership_stays"
        )
    ]
