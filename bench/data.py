"""One organization of a given size, made by the database itself, with the shares that text banks show.

40 % need a first message, 45 % have it, 5 % need a response, 7 % are active, 3 % closed; 30 % are unassigned, 1 %
escalated, 2 % opted out; half as many messages again as conversations.
"""

import datetime as dt
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection

from textbank.messaging.models import MessagingService, SenderNumber
from textbank.organizations.models import Membership, Organization, Role, Settings, User


@dataclass(frozen=True)
class Size:
    """How many campaigns of how many contacts each, and how many texters."""

    campaigns: tuple[int, ...]
    texters: int

    @property
    def conversations(self) -> int:
        return sum(self.campaigns)


K = 1000
MIDDLING = (200, 120, 100, 100, 80, 80, 60, 60, 40, 40, 30, 20, 20, 10, 10, 10, 10, 5, 4, 1)
SIZES = {
    "S": Size((6 * K, 3 * K, 3 * K, 2 * K, 2 * K, K, K, K, 500, 500), 50),
    "M": Size(tuple(size * K for size in MIDDLING), 200),
    "L": Size(tuple(size * K for size in MIDDLING) * 10, 1000),
}

NAMES = """
insert into bench_first select row_number() over (), initcap(a || b) from unnest(%(syllables)s::text[]) a,
    unnest(%(syllables)s::text[]) b limit 300;
insert into bench_last select row_number() over (), initcap(a || b || c) from unnest(%(syllables)s::text[]) a,
    unnest(%(syllables)s::text[]) b, unnest(%(syllables)s::text[]) c limit 2500;
"""

SYLLABLES = [
    "an",
    "be",
    "ca",
    "do",
    "el",
    "fa",
    "gor",
    "hu",
    "is",
    "jo",
    "ka",
    "lin",
    "mo",
    "ne",
    "or",
    "pe",
    "ra",
    "son",
    "ter",
    "vi",
    "wal",
    "ya",
    "zo",
]

CONTACTS = """
insert into contacts_contact (id, organization_id, campaign_id, cell, first_name, last_name, search_name, zip,
    external_id, custom, timezone, state, created_at)
select id, %(organization)s, campaign, '+1' || (array[212,213,312,415,617,202,305,404,713,206])[1 + id %% 10]
        || lpad((2200000 + (id - %(first)s) / 10)::text, 7, '0'),
    f.name, l.name, lower(f.name || ' ' || l.name), lpad((10000 + id %% 89999)::text, 5, '0'), 'X' || id,
    jsonb_build_object('precinct', 'P-' || id %% 977, 'voter_id', 'V' || id, 'party', substr('DRI', 1 + (id %% 3)::int, 1),
        'event', 'Saturday canvass', 'polling_place', id %% 499 || ' Main St'),
    zone, '', %(now)s::timestamptz - interval '40 days'
from bench_rows join bench_first f on f.place = 1 + floor(300 * power(u1, 3))
    join bench_last l on l.place = 1 + floor(2500 * power(u2, 3));
"""

ROWS = """
create temporary table bench_rows as
select id, campaign, status, unassigned, escalated, opted_out, holder, u1, u2, zone, at,
    case status when 1 then 0 when 2 then 1 + (u3 < .38)::int when 3 then 2 + 2 * floor(u3 * 3)::int
        when 4 then 5 + 2 * floor(u3 * 3)::int else 3 end messages
from (
    select id, campaign, status, u1, u2, u3, zone,
        u4 < (array[.60, .10, .20, .05, .05])[status] unassigned,
        status in (3, 4) and u5 < .0833 escalated,
        status = 5 and u5 < .6 or status = 1 and u5 < .005 as opted_out,
        (%(members)s::bigint[])[1 + ((id / 100 * 7919 + campaign) %% %(texters)s)::int] holder,
        %(now)s::timestamptz - power(u6, 2) * interval '30 days' as at
    from (
        select %(first)s + row_number() over (order by campaign, n) - 1 id, campaign, random() u1, random() u2, random() u3,
            random() u4, random() u5, random() u6,
            (array['America/New_York', 'America/Chicago', 'America/Denver', 'America/Los_Angeles'])
                [width_bucket(random(), array[0, .45, .73, .82])] zone,
            width_bucket(random(), array[0, .40, .85, .90, .97]) status
        from unnest(%(campaigns)s::bigint[], %(sizes)s::int[]) c (campaign, size), generate_series(1, size) n
    ) drawn
) row;
"""

CONVERSATIONS = """
insert into conversations_conversation (id, organization_id, campaign_id, texter_id, pinned_to_id, sender_id,
    last_activity, waiting_since, held_since, changed_in, status, passes, opted_out, escalated, hours_key)
select id, %(organization)s, campaign, case when not unassigned then holder end, null, %(sender)s, at,
    case when status = 3 then at end, case when not unassigned then at end, pg_current_xact_id(), status, 1,
    opted_out, escalated, zone
from bench_rows order by id;
"""

MESSAGES = """
insert into conversations_message (organization_id, conversation_id, author_id, service_id, sender_id, direction, kind,
    status, pass_number, text, error, created_at)
select %(organization)s, r.id, case when outgoing then holder end, %(service)s, %(sender)s, case when outgoing then 1 else 2 end,
    case when k = 1 then 1 else 2 end, case when outgoing then 4 else 8 end, case when k = 1 then 1 end,
    case when outgoing then 'Hi, this is Sam with the Campaign. Can you join us this Saturday at 10am to knock doors? #' || r.id
        else 'yes please tell me more about it when and where' end,
    '', at - (r.messages - k) * interval '90 minutes'
from bench_rows r, generate_series(1, r.messages) k,
    lateral (select k %% 2 = 1 or r.status = 2 outgoing) said
order by r.id, k;
"""

LEDGER = """
insert into conversations_move (handoff_id, conversation_id, giver_id, receiver_id, at)
select %(handoff)s, id, null, holder, %(now)s::timestamptz - interval '40 days' from bench_rows where not unassigned order by id;
update conversations_conversation c set last_inbound = m.id from
    (select conversation_id, max(id) id from conversations_message where direction = 2 group by 1) m
    where m.conversation_id = c.id;
insert into conversations_tagging (conversation_id, tag_id, at) select id, %(tag)s, at from bench_rows where escalated;
insert into contacts_optout (organization_id, cell, at, channel, words, lifted_because)
    select %(organization)s, cell, max(at), 'text', 'STOP', '' from bench_rows join contacts_contact using (id)
    where opted_out group by cell;
"""


def load(size: Size, *, seed: float = 0.2026) -> Organization:
    """Fills the empty, migrated database. The same seed gives the same rows."""
    now = dt.datetime.now(dt.UTC)
    organization = Organization.objects.create(slug="bench", name="Bench")
    Settings.objects.create(organization=organization, texting_starts=dt.time(0), texting_ends=dt.time(0))
    service = MessagingService.objects.create(organization=organization, name="Simulator")
    sender = SenderNumber.objects.create(service=service, number="+16465550100", per_second=100_000)
    people = User.objects.bulk_create(
        User(email=f"texter{n}@bench.test", first_name=f"Texter {n}", password="!") for n in range(size.texters + 1)
    )
    members = Membership.objects.bulk_create(
        Membership(organization=organization, user=user, role=Role.TEXTER if n else Role.OWNER)
        for n, user in enumerate(people)
    )
    tag = organization.tags.create(title="Escalated", assignable=False)
    campaigns = make_campaigns(organization, service, size, now)
    given = {
        "organization": organization.pk,
        "service": service.pk,
        "sender": sender.pk,
        "members": [member.pk for member in members[1:]],
        "texters": size.texters,
        "campaigns": campaigns,
        "sizes": list(size.campaigns),
        "now": now,
        "first": 1,
        "tag": tag.pk,
        "handoff": opening(organization, size, now),
        "syllables": SYLLABLES,
    }
    with connection.cursor() as cursor:
        cursor.execute("select setseed(%s)", [seed])
        cursor.execute("create temporary table bench_first (place int, name text)")
        cursor.execute("create temporary table bench_last (place int, name text)")
        for name in ("bench_first", "bench_last"):
            cursor.execute(f"truncate {name}")
        for statement in (NAMES, ROWS, CONTACTS, CONVERSATIONS, MESSAGES, LEDGER):
            for one in statement.split(";\n"):
                if one.strip():
                    cursor.execute(one, given)
        cursor.execute("drop table bench_rows, bench_first, bench_last")
        cursor.execute(
            "select setval(pg_get_serial_sequence('contacts_contact', 'id'), (select max(id) from contacts_contact))"
        )
        cursor.execute("vacuum analyze")
    return organization


def make_campaigns(organization: Organization, service: MessagingService, size: Size, now: dt.datetime) -> list[int]:
    from textbank.campaigns import scripting
    from textbank.campaigns.models import Campaign

    made = []
    for number, contacts in enumerate(size.campaigns, 1):
        campaign = Campaign.objects.create(
            organization=organization,
            title=f"Campaign {number:02d} ({contacts})",
            service=service,
            started_at=now - dt.timedelta(days=40),
            texting_starts=dt.time(0),
            texting_ends=dt.time(0),
        )
        scripting.write(campaign, {"text": "Hi {firstName}, it's {texterFirstName}. Can you join us?"})
        made.append(campaign.pk)
    return made


def opening(organization: Organization, size: Size, now: dt.datetime) -> int:
    from textbank.conversations.models import Action, Handoff, State

    return Handoff.objects.create(
        organization=organization,
        action=Action.OPENING,
        state=State.DONE,
        at=now - dt.timedelta(days=40),
        finished_at=now,
    ).pk


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)
