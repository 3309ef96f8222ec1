"""The demo organizations as a newcomer meets them: campaigns in the middle of their work, every state of it.

What has a verb goes through it, at the moments of the past when people would have done it: lists are uploaded,
campaigns started, texts asked for, handed on, released, escalated. Only the thousands of texts that went back and
forth are written as rows: a send each would take a minute.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from typing import cast
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.utils import timezone

from textbank.assignments import archiving, escalating, releasing, requesting
from textbank.assignments.reassigning import reassign
from textbank.campaigns import launching, scripting
from textbank.campaigns.models import Campaign, CannedResponse
from textbank.conversations import drafting, saving, uploading
from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, Status
from textbank.conversations.sending import words_for
from textbank.demo import campaigns
from textbank.demo.campaigns import Plan
from textbank.demo.lists import Town
from textbank.demo.names import PLACES
from textbank.demo.past import HOUR, MINUTE, Life, Thread, first_messages
from textbank.demo.people import HARBOR_STREET, PASSWORD, RIVERBEND, Office, make_teams, open_office
from textbank.demo.pooling import share_out
from textbank.demo.recording import record
from textbank.demo.talk import Script
from textbank.organizations.models import Membership, Organization

DEMO, OTHER = "demo", "other"
BATCH = 60
# The last so many batches of a campaign are still being worked on; of earlier ones a few texts were left lying.
LEFT_LYING = 0.06
CLOCK = ZoneInfo("America/New_York")


@transaction.atomic
def seed(now: dt.datetime | None = None, lot: int = 2027) -> bool:
    """Makes both organizations unless they are there; returns whether it did. The same lot makes the same ones."""
    if Organization.objects.filter(slug=DEMO).exists():
        return False
    now = now or timezone.now()
    password = make_password(PASSWORD)
    riverbend = open_office(
        DEMO, "Riverbend Organizing", RIVERBEND, [f"+1202555014{n}" for n in range(4)], password=password, now=now
    )
    make_teams(riverbend)
    fill(riverbend, campaigns.DEMO, Town(lot, PLACES), now, lot)
    hand_on(riverbend, now)
    share_out(riverbend, now)
    save_filters(riverbend)
    harbor_street = open_office(
        OTHER, "Harbor Street Tenants", HARBOR_STREET, ["+17715550150"], password=password, now=now
    )
    fill(harbor_street, campaigns.OTHER, Town(lot, PLACES[:1]), now, lot)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    return True


def fill(office: Office, plans: Sequence[Plan], town: Town, now: dt.datetime, lot: int) -> None:
    for place, plan in enumerate(plans):
        life = Life(lot + place, now, office.organization.settings.opt_out_reply)
        happen(office, plan, town.list_for(plan), life)


def happen(office: Office, plan: Plan, contacts: bytes, life: Life) -> None:
    """A campaign from its first draft to where it is now."""
    drafted = life.now - HOUR * (plan.started or 20) - 3 * HOUR
    campaign = draft(office, plan, drafted)
    name = f"{plan.title.lower().replace(':', '').replace(' ', '-')}.csv"
    uploading.receive(campaign, name, [contacts], by=office.admin, now=drafted + HOUR)
    if plan.started is None:
        return
    campaign.refresh_from_db()
    launching.start(campaign, by=office.admin, now=life.now - HOUR * plan.started)
    threads = list(text_everybody(office, plan, campaign, life))
    record(office, campaign, threads)
    rest(office, plan, campaign, life.now)


def draft(office: Office, plan: Plan, at: dt.datetime) -> Campaign:
    campaign = Campaign.objects.create(
        organization=office.organization,
        title=plan.title,
        description=plan.description,
        due_by=(at + dt.timedelta(days=plan.due_in_days + 4)).date() if plan.due_in_days else None,
        texting_starts=dt.time(0),
        texting_ends=dt.time(0),
        priority=plan.priority,
        service=office.service,
        created_by=office.admin,
        created_at=at,
    )
    scripting.write(campaign, plan.script)
    CannedResponse.objects.bulk_create(
        CannedResponse(campaign=campaign, title=title, text=text) for title, text in plan.canned.items()
    )
    return campaign


def rest(office: Office, plan: Plan, campaign: Campaign, now: dt.datetime) -> None:
    if plan.rested is None:
        return
    at = now - HOUR * plan.rested
    if plan.archived:
        archiving.archive(campaign, by=office.admin, now=at)
    else:
        launching.pause(campaign, by=office.admin, now=at)


def text_everybody(office: Office, plan: Plan, campaign: Campaign, life: Life) -> Iterator[Thread]:
    """Texters ask for texts batch by batch, and text them; the conversations that were begun."""
    script = Script.of(campaign, plan)
    until = life.now - HOUR * (plan.rested or 0)
    for texter, at, share in batches(office, plan, life):
        asked = requesting.request(texter, BATCH, campaign=campaign.pk, now=at)
        if asked.handoff is None:
            return
        given = list(Conversation.objects.filter(moves__handoff=asked.handoff).select_related("contact").order_by("pk"))
        begins = first_messages(life.lot, at, int(len(given) * share))
        for conversation, moment in zip(given, begins, strict=False):
            if moment > until:
                break
            thread = Thread(conversation.pk, conversation.contact.cell, texter.pk, words_for(conversation, texter))
            life.live(thread, script, moment, until)
            yield thread


def batches(office: Office, plan: Plan, life: Life) -> Iterator[tuple[Membership, dt.datetime, float]]:
    """Who asks for a batch when, and which share of it was sent by now: oldest first, ever more of them lately."""
    count = max(len(plan.texters), int(plan.contacts * plan.given / BATCH))
    started, latest = plan.started or 0, plan.latest
    for number in range(count):
        ago = latest + (started - 1 - latest) * (1 - (number + 1) / count) ** 2
        at = by_day(life.now - HOUR * ago, life.now - HOUR * latest)
        texter = office.members[plan.texters[number % len(plan.texters)]]
        lately = number >= count - len(plan.texters)
        share = (
            life.shares.uniform(0.45, 0.8) if lately and not plan.archived else 1 - life.shares.uniform(0, LEFT_LYING)
        )
        yield texter, at, share


def by_day(at: dt.datetime, latest: dt.datetime) -> dt.datetime:
    """Nobody texts at night, unless that is when the demo is opened."""
    clock = at.astimezone(CLOCK)
    if 9 <= clock.hour < 20 or latest - at < 6 * HOUR:
        return at
    evening = clock.replace(hour=18) - dt.timedelta(days=clock.hour < 9)
    return max(evening, at - 13 * HOUR).astimezone(dt.UTC)


def hand_on(office: Office, now: dt.datetime) -> None:
    """What the admin and the texters have done about who has what, besides asking for texts."""
    canvass, early_vote = (
        Campaign.objects.get(organization=office.organization, title=plan.title)
        for plan in (campaigns.CANVASS, campaigns.EARLY_VOTE)
    )
    escalate_some(office, now)
    omar, at = office.members["omar"], now - 3 * HOUR
    of_omar = Conversation.objects.held_by(omar).filter(campaign=canvass, last_activity__lt=at - HOUR)
    ids = list(of_omar.exclude(status=Status.CLOSED).order_by("pk").values_list("pk", flat=True))
    receivers = [office.members[who] for who in ("nia", "ravi", "june")]
    reassign(ids, receivers, by=office.admin, now=at, reason="Omar is on the road until Sunday")
    releasing.release_unreplied(early_vote, 60, by=office.admin, now=now - 40 * MINUTE)
    begin_a_draft(office, now)


def escalate_some(office: Office, now: dt.datetime) -> None:
    """Texters passed on what was more than they could answer; the supervolunteer took some of it."""
    lot = random.Random(7)
    held = Conversation.objects.filter(
        organization=office.organization,
        campaign__archived_at=None,
        texter__isnull=False,
        last_activity__lt=now - 6 * MINUTE,
    )
    rows = held.select_related("texter", "contact").order_by("pk")
    chosen = lot.sample(list(rows.needing_response()), 16) + lot.sample(list(rows.filter(status=Status.ACTIVE)), 16)
    taken = []
    for place, conversation in enumerate(chosen):
        at = conversation.last_activity + 4 * MINUTE
        note = campaigns.NOTES[place % len(campaigns.NOTES)]
        escalating.escalate(conversation, by=cast(Membership, conversation.texter), message=note, now=at)
        if place % 3 == 0 and at < now - HOUR:
            taken.append(conversation.pk)
    reassign(
        taken, [office.members["super"]], by=office.admin, now=now - 30 * MINUTE, reason="Sue knows the neighborhood"
    )


def save_filters(office: Office) -> None:
    """What the admin looks for every day: for everybody, and for herself."""
    spanish = Filter.parse({"tag": office.tags["Spanish"].pk, "status": "needs_response"})
    saving.save("Spanish speakers waiting", spanish, "waiting", by=office.admin, shared=True)
    late = Filter.parse({"waiting_minutes": 120, "escalated": "exclude"})
    saving.save("Waiting over two hours", late, "waiting", by=office.admin)


def begin_a_draft(office: Office, now: dt.datetime) -> None:
    tess = office.members["tess"]
    waiting = Conversation.objects.held_by(tess).workable().needing_response().order_by("waiting_since").first()
    if waiting:
        drafting.keep(waiting, "Good question, let me find out and", by=tess, now=now - 50 * MINUTE)
