"""A texter asks for texts: a batch from the pool, each conversation to one person only."""

import datetime as dt
from collections import Counter

from django.db import IntegrityError, transaction
from django.db.models import Count

from textbank.assignments.models import Request
from textbank.assignments.pool import assignable
from textbank.campaigns.models import Campaign
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Handoff, State, Status
from textbank.organizations import people
from textbank.organizations.models import Approval, Membership

# A contact who wrote is served before one who has not been written to.
ORDER = (Status.NEEDS_RESPONSE, Status.NEEDS_FIRST_MESSAGE)


STILL_OPEN = "Your last request still waits for approval."


class RequestOpen(Exception):
    """This person's last request still waits for approval."""


class BadCount(ValueError):
    """A number that cannot be asked for."""


def request(texter: Membership, count: int, *, campaign: int | None = None, now: dt.datetime) -> Request:
    """Gives the texter up to `count` conversations from the general pool, oldest waiting first, at once.

    Somebody whose approval level is “do not assign”, or who was suspended this moment, is refused in the record;
    “approval required” leaves the request waiting, and one waits at a time: RequestOpen.
    """
    most = texter.organization.settings.most_at_once
    if not 1 <= count <= most:
        raise BadCount(f"Ask for 1 to {most:,} texts at once.")
    asked = Request(organization_id=texter.organization_id, texter=texter, campaign_id=campaign, count=count, at=now)
    try:
        with transaction.atomic():
            return answer(asked, now)
    except IntegrityError as error:
        # Two clicks at the same moment met at the unique constraint.
        if "one_open_request_each" not in str(error):
            raise
        raise RequestOpen(STILL_OPEN) from error


def answer(asked: Request, now: dt.datetime) -> Request:
    if Request.objects.filter(texter=asked.texter, state=Request.State.WAITING).exists():
        raise RequestOpen(STILL_OPEN)
    match asked.texter.approval:
        case Approval.AUTO if people.keep_in([asked.texter_id]):
            give(asked, now)
        case Approval.AUTO | Approval.NONE:
            asked.state = Request.State.DENIED
    asked.save()
    return asked


def give(asked: Request, now: dt.datetime) -> None:
    """Claims the conversations and hands them over; what others are claiming at this moment is passed over."""
    claimed = claim(asked, now)
    asked.state, asked.given = Request.State.GIVEN, len(claimed)
    if not claimed:
        return
    asked.handoff = Handoff.objects.create(
        organization_id=asked.organization_id,
        action=Action.REQUEST,
        by=asked.texter,
        at=now,
        receivers=[asked.texter_id],
        campaign_id=asked.campaign_id,
        state=State.DONE,
        finished_at=now,
    )
    ledger.hand(asked.handoff, [Card(pk, None, asked.texter_id) for pk in claimed], at=now)


def claim(asked: Request, now: dt.datetime) -> list[int]:
    claimed: list[int] = []
    for status in ORDER:
        wanted = asked.count - len(claimed)
        if wanted:
            free = assignable(asked.texter, status, now, asked.campaign_id)
            claimed += free.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:wanted]
    return claimed


def offered(texter: Membership, now: dt.datetime) -> dict[Status, int]:
    """How many of each kind the texter could be given now."""
    return {status: assignable(texter, status, now).count() for status in ORDER}


def offered_by_campaign(texter: Membership, now: dt.datetime) -> list[tuple[Campaign, int]]:
    """The campaigns that have something for the texter now, newest first, and how much."""
    counts: Counter[int] = Counter()
    for status in ORDER:
        rows = assignable(texter, status, now).order_by().values_list("campaign").annotate(count=Count("pk"))
        counts.update(dict(rows))
    campaigns = Campaign.objects.filter(pk__in=counts).order_by("-pk")
    return [(campaign, counts[campaign.pk]) for campaign in campaigns]
