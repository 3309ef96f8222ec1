"""What must always hold, asked of a live database: one statement each, one sentence for each break.

Each statement reads whole tables once and joins them by hashing, so that a million conversations take seconds. What
constraints already promise is asked all the same: a restore or a hand at the database may have gone around them.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils import timezone

from textbank.campaigns.texting_hours import FEDERAL, STATES
from textbank.conversations.models import Action, Direction, Kind, LeftAlone, MessageStatus, State, Status
from textbank.messaging import providers
from textbank.organizations.models import Role

# Moments are read from the clock before locks are waited for: what is this close together has no order by its times.
AT_THE_SAME_TIME = dt.timedelta(seconds=10)
# Longer than a worker needs to notice that another one died.
FORGOTTEN = dt.timedelta(minutes=5)
WAITED = dt.timedelta(hours=1)

HELD_WITHIN_THE_ORGANIZATION = """
select format('Conversation %%s is held by member %%s, who is not of its organization.', c.id, c.texter_id)
from conversations_conversation c left join organizations_membership m on m.id = c.texter_id
where c.texter_id is not null and m.organization_id is distinct from c.organization_id
limit %(limit)s
"""

LEDGER_SAYS_WHO_HAS_WHAT = """
with told as (
    select conversation_id, id, giver_id, receiver_id,
        lag(receiver_id) over in_order before, lead(id) over in_order is null latest
    from conversations_move where left_alone is null
    window in_order as (partition by conversation_id order by id)
)
select format('Conversation %%s is held by %%s, but the ledger gave it to %%s.', c.id,
    coalesce('member ' || c.texter_id, 'nobody'), coalesce('member ' || told.receiver_id, 'nobody'))
from conversations_conversation c left join told on told.conversation_id = c.id and told.latest
where c.texter_id is distinct from told.receiver_id
union all
select format('Move %%s takes conversation %%s from %%s, but %%s had it.', id, conversation_id,
    coalesce('member ' || giver_id, 'the pool'), coalesce('member ' || before, 'the pool'))
from told where giver_id is distinct from before
limit %(limit)s
"""

EVERYTHING_ONCE = """
select format('Conversation %%s has %%s first messages in pass %%s.', conversation_id, count(*), pass_number)
from conversations_message where kind = %(first)s and pass_number is not null
group by conversation_id, pass_number having count(*) > 1
union all
select format('First message %%s of conversation %%s belongs to no pass.', id, conversation_id)
from conversations_message where kind = %(first)s and pass_number is null
union all
select format('%%s messages of organization %%s have the client_id %%s.', count(*), organization_id, client_id)
from conversations_message where client_id is not null
group by organization_id, client_id having count(*) > 1
union all
select format('%%s messages of service %%s have the carrier''s id %%s.', count(*), service_id, provider_id)
from conversations_message where provider_id is not null
group by service_id, direction, provider_id having count(*) > 1
limit %(limit)s
"""

# Which hours a campaign had when a text went out is written nowhere, and they may have been changed since; the law's
# hours do not change, and bind every carrier that reaches people.
NOTHING_SENT_AGAINST_THE_RULES = """
with texted as (
    select m.id, m.conversation_id, m.author_id, m.service_id, m.created_at at
    from conversations_message m where m.direction = %(outgoing)s and m.kind <> %(automatic)s
), held as (
    select conversation_id, receiver_id, at since, lead(at) over (partition by conversation_id order by id) until
    from conversations_move where left_alone is null
)
select format('Message %%s went to conversation %%s after its contact had opted out.', texted.id, c.id)
from contacts_optout o
    join contacts_contact c on c.organization_id = o.organization_id and c.cell = o.cell
    join texted on texted.conversation_id = c.id
where texted.at > o.at + %(close)s and (o.lifted_at is null or texted.at < o.lifted_at - %(close)s)
union all
select format('Message %%s was sent in campaign %%s after it was archived.', texted.id, p.id)
from campaigns_campaign p
    join conversations_conversation c on c.campaign_id = p.id
    join texted on texted.conversation_id = c.id
where texted.at > p.archived_at + %(close)s
union all
select format('Message %%s of conversation %%s was written by %%s, who did not have it then.', texted.id,
    texted.conversation_id, coalesce('member ' || texted.author_id, 'nobody'))
from texted left join organizations_membership a on a.id = texted.author_id
where (a.id is null or a.role < %(supervolunteer)s) and not exists (
    select from held where held.conversation_id = texted.conversation_id and held.receiver_id = texted.author_id
        and held.since <= texted.at + %(close)s and (held.until is null or held.until >= texted.at - %(close)s)
)
union all
select format('Message %%s was sent outside the hours that the law leaves for %%s.', texted.id, c.hours_key)
from texted
    join messaging_messagingservice s on s.id = texted.service_id and s.provider <> all (%(unbound)s)
    join conversations_conversation c on c.id = texted.conversation_id
    left join unnest(%(states)s::text[], %(starts)s::time[], %(ends)s::time[]) strict (state, starts, ends)
        on c.hours_key like '%%/' || strict.state,
    lateral (
        select (texted.at at time zone replace(c.hours_key, '/' || coalesce(strict.state, '?'), ''))::time as clock
    ) there
where clock < coalesce(strict.starts, %(earliest)s) or clock >= coalesce(strict.ends, %(latest)s)
limit %(limit)s
"""

FIGURES_ADD_UP = """
with figures as (
    select h.id, h.action, h.matched, h.moved, h.each,
        (select coalesce(sum(value::int), 0) from jsonb_each_text(h.left_alone)) stayed,
        (select coalesce(sum(value::int), 0) from jsonb_each_text(h.shares)) shared,
        (select max(value::int) from jsonb_each_text(h.shares)) most,
        (
            select min(coalesce((h.shares ->> receiver)::int, 0))
            from jsonb_array_elements_text(h.receivers) receiver
        ) least,
        (
            select bool_or((h.shares ->> who)::int > (h.each ->> place::int - 1)::int)
            from jsonb_array_elements_text(h.receivers) with ordinality receiver (who, place)
        ) exceeded
    from conversations_handoff h where h.state = any(%(finished)s)
), rows as (
    select handoff_id, count(*) filter (where left_alone is null) moved,
        count(*) filter (where receiver_id is not null and (left_alone is null or left_alone = %(theirs)s)) shared
    from conversations_move group by handoff_id
)
select format('Hand-off %%s matched %%s, but moved %%s and left %%s alone.', id, matched, moved, stayed)
from figures where matched <> moved + stayed
union all
select format('Hand-off %%s says that it moved %%s, and wrote %%s moves.', id, f.moved, coalesce(rows.moved, 0))
from figures f left join rows on rows.handoff_id = f.id where f.moved <> coalesce(rows.moved, 0)
union all
select format('The shares of hand-off %%s add up to %%s, and %%s were received.', id, f.shared,
    coalesce(rows.shared, 0))
from figures f left join rows on rows.handoff_id = f.id where f.shared <> coalesce(rows.shared, 0)
union all
select format('The shares of hand-off %%s differ by more than one: from %%s to %%s.', id, least, most)
from figures where action = %(reassign)s and each is null and most - least > 1
union all
select format('Somebody got more of hand-off %%s than they were to get.', id) from figures where exceeded
limit %(limit)s
"""

WAITING_MEANS_UNANSWERED = """
with said as (
    select conversation_id, max(id) filter (where direction = %(inbound)s) inbound,
        max(id) filter (where direction = %(outgoing)s and kind <> %(automatic)s) answer
    from conversations_message group by conversation_id
), threads as (
    select c.id, c.status, c.waiting_since, c.last_inbound, said.inbound,
        said.inbound is not null and said.inbound > coalesce(said.answer, 0) unanswered
    from conversations_conversation c left join said on said.conversation_id = c.id
)
select format(case when unanswered then 'Conversation %%s has an unanswered text, and waits since no moment.'
    else 'Conversation %%s waits since %%s, and every text is answered.' end, id, waiting_since)
from threads where unanswered <> (waiting_since is not null)
union all
select format('Conversation %%s needs a response, and nothing is unanswered.', id)
from threads where status = %(needs_response)s and not unanswered
union all
select format('Conversation %%s has an unanswered text, and its status is %%s.', id, status)
from threads where unanswered and status not in (%(needs_response)s, %(closed)s)
union all
select format('Conversation %%s remembers text %%s as its latest; it is %%s.', id,
    coalesce(last_inbound::text, 'nothing'), coalesce(inbound::text, 'nothing'))
from threads where last_inbound is distinct from inbound
limit %(limit)s
"""

NOTHING_OF_ANOTHER_ORGANIZATION = """
select format('Conversation %%s, its campaign and its contact are not of one organization.', c.id)
from conversations_conversation c
    join campaigns_campaign p on p.id = c.campaign_id join contacts_contact t on t.id = c.id
where c.organization_id <> p.organization_id or c.organization_id <> t.organization_id
    or c.campaign_id <> t.campaign_id
union all
select format('Message %%s is not of the organization of its conversation %%s.', m.id, c.id)
from conversations_message m join conversations_conversation c on c.id = m.conversation_id
where m.organization_id <> c.organization_id
union all
select format('Message %%s was written by member %%s of another organization.', m.id, a.id)
from conversations_message m join organizations_membership a on a.id = m.author_id
where m.organization_id <> a.organization_id
union all
select format('Conversation %%s wears tag %%s of another organization.', c.id, t.id)
from conversations_tagging g
    join conversations_conversation c on c.id = g.conversation_id join organizations_tag t on t.id = g.tag_id
where c.organization_id <> t.organization_id
union all
select format('Move %%s is of a hand-off of another organization than conversation %%s.', v.id, c.id)
from conversations_move v
    join conversations_handoff h on h.id = v.handoff_id join conversations_conversation c on c.id = v.conversation_id
where h.organization_id <> c.organization_id
limit %(limit)s
"""

NO_TEXT_FORGOTTEN = """
select format('Message %%s has been with the carrier since %%s, and nobody wrote down its fate.', id, claimed_at)
from conversations_message
where status = %(sending)s and (claimed_at is null or claimed_at < %(now)s - %(forgotten)s)
union all
select format('Message %%s has been in the outbox since %%s: is a worker running?', m.id, m.created_at)
from conversations_message m
    join conversations_conversation c on c.id = m.conversation_id join campaigns_campaign p on p.id = c.campaign_id
where m.status = %(queued)s and p.paused_at is null and greatest(m.created_at, m.not_before) < %(now)s - %(waited)s
union all
select format('Message %%s was %%s by the carrier, whose id for it is not known.', id,
    case when status = %(sent)s then 'taken' else 'delivered' end)
from conversations_message
where direction = %(outgoing)s and status in (%(sent)s, %(delivered)s) and provider_id is null
limit %(limit)s
"""

LISTED_WHERE_IT_BELONGS = """
select format('Conversation %%s is not listed where its last activity puts it.', coalesce(c.id, a.id))
from conversations_conversation c full join conversations_activity a on a.id = c.id
where (c.organization_id, c.last_activity) is distinct from (a.organization_id, a.at)
limit %(limit)s
"""

INVARIANTS = {
    "I1": HELD_WITHIN_THE_ORGANIZATION,
    "I2": LEDGER_SAYS_WHO_HAS_WHAT,
    "I3": EVERYTHING_ONCE,
    "I4": NOTHING_SENT_AGAINST_THE_RULES,
    "I5": FIGURES_ADD_UP,
    "I6": WAITING_MEANS_UNANSWERED,
    "I7": NOTHING_OF_ANOTHER_ORGANIZATION,
    "I8": NO_TEXT_FORGOTTEN,
    "I9": LISTED_WHERE_IT_BELONGS,
}


def broken(limit: int = 20, *, only: Collection[str] = INVARIANTS.keys(), now: dt.datetime | None = None) -> list[str]:
    """A sentence for each break of an invariant, at most `limit` of each; an empty list is good news.

    `only` names those to ask for ("I1" to "I9"). Reads and writes nothing else, in a statement for each.
    """
    facts = known(limit, now or timezone.now())
    found = []
    with connection.cursor() as cursor:
        for name in only:
            cursor.execute(INVARIANTS[name], facts)
            found += [f"{name}: {sentence}" for (sentence,) in cursor.fetchall()]
    return found


def known(limit: int, now: dt.datetime) -> dict[str, Any]:
    """What the statements need to know of the code's own words."""
    return {
        "limit": limit,
        "now": now,
        "close": AT_THE_SAME_TIME,
        "forgotten": FORGOTTEN,
        "waited": WAITED,
        "first": Kind.FIRST,
        "automatic": Kind.AUTOMATIC,
        "outgoing": Direction.OUTGOING,
        "inbound": Direction.INBOUND,
        "queued": MessageStatus.QUEUED,
        "sending": MessageStatus.SENDING,
        "sent": MessageStatus.SENT,
        "delivered": MessageStatus.DELIVERED,
        "needs_response": Status.NEEDS_RESPONSE,
        "closed": Status.CLOSED,
        "supervolunteer": Role.SUPERVOLUNTEER,
        "reassign": Action.REASSIGN.value,
        "finished": [State.DONE.value, State.STOPPED.value],
        "theirs": LeftAlone.ALREADY_THEIRS,
        "unbound": [name for name, carrier in providers.PROVIDERS.items() if not carrier.LEGAL_HOURS],
        "states": list(STATES),
        "starts": [hours.start for hours in STATES.values()],
        "ends": [hours.end for hours in STATES.values()],
        "earliest": FEDERAL.start,
        "latest": FEDERAL.end,
    }
