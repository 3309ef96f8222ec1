"""One organization of a given size, made by the database itself, with the shares that text banks show.

40 % need a first message, 45 % have it, 5 % need a response, 7 % are active, 3 % closed; 30 % are unassigned, 1 %
escalated, 2 % opted out; one number in ten is in another campaign too; half as many messages again as conversations.
Everything that was held was asked for by its texter, campaign by campaign, and is in the ledger.
"""

import datetime as dt
import hashlib
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from textbank.campaigns import scripting
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Action, Direction, Handoff, Kind, MessageStatus, State
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
STAFF = {Role.OWNER: 1, Role.ADMIN: 4, Role.SUPERVOLUNTEER: 5}
BLOCK = 100  # contacts in a row that one texter asked for
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
WORDS = [
    "hi",
    "thanks",
    "for",
    "the",
    "note",
    "are",
    "you",
    "able",
    "to",
    "join",
    "us",
    "on",
    "saturday",
    "we",
    "need",
    "volunteers",
    "yes",
    "no",
    "maybe",
    "please",
    "tell",
    "me",
    "more",
    "about",
    "it",
    "when",
    "where",
    "how",
    "stop",
    "sure",
    "i",
    "will",
    "vote",
    "already",
    "voted",
    "great",
    "see",
    "you",
    "there",
    "who",
    "is",
    "this",
]
TAGS = [("Escalated", False), ("Wrong number", True), ("Spanish", True), ("Volunteer", True), ("Donor", True)]
# Weighted 5, 3, 1 and 2, as data.sql throws its dice.
ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"]
STATEMENTS = Path(__file__).with_suffix(".sql")


def ready(size: str, kept: bool) -> Organization:
    """Fills the new database. One that is kept is filled once for these files, and each run works on a copy of it."""
    if not kept:
        return fill(SIZES[size])
    written = hashlib.sha256(Path(__file__).read_bytes() + STATEMENTS.read_bytes())
    filled, ours = f"bench_{size}_{written.hexdigest()[:12]}".lower(), settings.DATABASES["default"]["NAME"]
    with at_the_door() as door:
        if not door.execute("select 1 from pg_database where datname = %s", [filled]).fetchone():
            door.execute(f"drop database if exists {ours}")
            door.execute(f"create database {ours}")
            fill(SIZES[size])
            connection.close()
            connection.close_pool()
            door.execute(f"alter database {ours} rename to {filled}")
        door.execute(f"drop database if exists {ours}")
        door.execute(f"create database {ours} template {filled} strategy file_copy")
    # It may have been filled before the newest of them.
    migrate()
    warm_up()
    return Organization.objects.get()


@contextmanager
def at_the_door() -> Iterator[psycopg.Connection]:
    """A session beside the database, which may then be made, renamed and dropped."""
    with psycopg.connect(make_conninfo(settings.DATABASE_URL, dbname="postgres"), autocommit=True) as door:
        yield door


def migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def warm_up() -> None:
    """Reads everything into the server's cache, where a database that was just filled has it."""
    with connection.cursor() as cursor:
        cursor.execute("create extension if not exists pg_prewarm")
        cursor.execute("select sum(pg_prewarm(oid)) from pg_class where relkind in ('r', 'i') and oid >= 16384")


def fill(size: Size, *, seed: int = 20261123) -> Organization:
    """Migrates the empty database and fills it. The same seed gives the same rows."""
    migrate()
    dice = random.Random(seed)
    office = founded(size, dice)
    with connection.cursor() as cursor:
        # Nothing of it is wrong, says bin/textbank check-invariants; to ask a million times takes minutes.
        cursor.execute("set session_replication_role = replica")
        cursor.execute("set work_mem = '256MB'")
        cursor.execute("select setseed(%s)", [dice.random()])
        for statement in STATEMENTS.read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement, office)
        cursor.execute("reset session_replication_role")
        cursor.execute("reset work_mem")
    return Organization.objects.get()


def founded(size: Size, dice: random.Random) -> dict[str, Any]:
    """Makes what there is few of, and returns what the statements must know."""
    now = dt.datetime.now(dt.UTC)
    organization = Organization.objects.create(slug="bench", name="Bench")
    Settings.objects.create(organization=organization, texting_starts=dt.time(0), texting_ends=dt.time(0))
    service = MessagingService.objects.create(organization=organization, name="Simulator")
    sender = SenderNumber.objects.create(service=service, number="+16465550100", per_second=100_000)
    staff, texters = people(organization, size.texters, dice)
    tags = [organization.tags.create(title=title, assignable=assignable).pk for title, assignable in TAGS]
    campaigns = [campaign(organization, service, size, now, dice) for size in size.campaigns]
    return {
        "organization": organization.pk,
        "service": service.pk,
        "sender": sender.pk,
        "tags": tags,
        "zones": ZONES,
        "now": now,
        "block": BLOCK,
        **names(dice),
        **lists(size, campaigns),
        **handoffs(campaigns, size.campaigns, texters, staff[0], dice),
        **{kind.name.lower(): kind.value for kind in (*Direction, Kind.FIRST, Kind.REPLY)},
        **{status.name.lower(): status.value for status in (MessageStatus.DELIVERED, MessageStatus.RECEIVED)},
    }


def people(organization: Organization, texters: int, dice: random.Random) -> tuple[list[Membership], list[Membership]]:
    roles = [(role, n + 1) for role, number in {**STAFF, Role.TEXTER: texters}.items() for n in range(number)]
    users = User.objects.bulk_create(
        User(
            email=f"{role.name.lower()}{number}@bench.test",
            first_name=name(dice, 2),
            last_name=name(dice, 3),
            password="!",
        )
        for role, number in roles
    )
    members = Membership.objects.bulk_create(
        Membership(organization=organization, user=user, role=role)
        for user, (role, _) in zip(users, roles, strict=True)
    )
    return members[:-texters], members[-texters:]


def name(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choices(SYLLABLES, k=syllables)).capitalize()


def names(dice: random.Random) -> dict[str, Any]:
    """Names, each with the place on a scale from 0 to 1 where it begins: the few first ones are met most."""
    first = sorted({name(dice, 2) for _ in range(400)})[:300]
    last = sorted({name(dice, 3) for _ in range(5000)})[:2500]
    dice.shuffle(first)
    dice.shuffle(last)
    return {
        "first_names": first,
        "first_ranks": scale(len(first)),
        "last_names": last,
        "last_ranks": scale(len(last)),
        "phrases": [" ".join(dice.choices(WORDS, k=dice.randint(2, 18))) for _ in range(1000)],
    }


def scale(names: int) -> list[float]:
    weights = [1 / (rank + 3) for rank in range(names)]
    return [0.0, *(reached / sum(weights) for reached in accumulate(weights[:-1]))]


def campaign(
    organization: Organization, service: MessagingService, contacts: int, now: dt.datetime, dice: random.Random
) -> Campaign:
    made = Campaign.objects.create(
        organization=organization,
        title=f"Campaign {Campaign.objects.count() + 1:02d} ({contacts})",
        service=service,
        started_at=now - dt.timedelta(days=dice.randint(5, 60)),
        texting_starts=dt.time(0),
        texting_ends=dt.time(0),
        custom_fields=["precinct", "voter_id", "party", "event", "polling_place"],
    )
    scripting.write(made, {"text": "Hi {firstName}, it's {texterFirstName}. Can you join us?"})
    return made


def lists(size: Size, campaigns: Sequence[Campaign]) -> dict[str, list[Any]]:
    """Each campaign's contacts: how many, from which id on, and how many the campaign before has."""
    return {
        "campaigns": [campaign.pk for campaign in campaigns],
        "starts": [campaign.started_at for campaign in campaigns],
        "sizes": list(size.campaigns),
        "firsts": list(accumulate(size.campaigns[:-1], initial=1)),
        "neighbours": [0, *size.campaigns[:-1]],
        "texting": [texting(contacts, size.texters) for contacts in size.campaigns],
    }


def texting(contacts: int, texters: int) -> int:
    """How many of the texters text in a campaign of so many contacts."""
    return max(5, min(texters, contacts // 1000))


def handoffs(
    campaigns: Sequence[Campaign],
    sizes: Sequence[int],
    texters: Sequence[Membership],
    owner: Membership,
    dice: random.Random,
) -> dict[str, list[Any]]:
    """Each campaign's opening, what each of its texters asked for, and what the owner took back; their figures follow."""
    parts = [
        (campaign, place, member)
        for campaign, contacts in zip(campaigns, sizes, strict=True)
        for place, member in enumerate(dice.sample(texters, texting(contacts, len(texters))))
    ]
    Handoff.objects.bulk_create(done(campaign, Action.OPENING, owner) for campaign in campaigns)
    asked = Handoff.objects.bulk_create(done(c, Action.REQUEST, m, receivers=[m.pk]) for c, _, m in parts)
    taken_back = Handoff.objects.bulk_create(done(campaign, Action.UNASSIGN, owner) for campaign in campaigns)
    return {
        "part_campaigns": [campaign.pk for campaign, _, _ in parts],
        "part_places": [place for _, place, _ in parts],
        "part_members": [member.pk for _, _, member in parts],
        "part_handoffs": [handoff.pk for handoff in asked],
        "taken_back": [handoff.pk for handoff in taken_back],
    }


def done(campaign: Campaign, action: Action, by: Membership, **more: Any) -> Handoff:
    return Handoff(
        organization_id=campaign.organization_id,
        campaign=campaign,
        action=action,
        by=by,
        state=State.DONE,
        at=campaign.started_at,
        finished_at=campaign.started_at,
        **more,
    )
