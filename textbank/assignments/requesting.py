"""A texter asks for texts: a batch from the pool, each conversation to one person only."""

import datetime as dt
from collections import Counter
from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.db.models import Count

from textbank import news
from textbank.assignments.limits import limits
from textbank.assignments.models import Request
from textbank.assignments.pool import KINDS, ORDER, Shelf, assignable, pools_of, shelves
from textbank.campaigns.models import Campaign
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Handoff, State, Status
from textbank.organizations import people
from textbank.organizations.models import Approval, Gives, Membership, Team

STILL_OPEN = "Your last request still waits for approval."


class RequestOpen(Exception):
    """This person's last request still waits for approval."""


class BadCount(ValueError):
    """A number that cannot be asked for."""


class AlreadyDecided(Exception):
    """Somebody approved or denied it before."""


class NothingToGive(Exception):
    """The pool has nothing for the texter now; the request waits on."""


def request(
    texter: Membership,
    count: int,
    *,
    campaign: int | None = None,
    team: Team | None = None,
    kind: Gives = Gives.BOTH,
    now: dt.datetime,
) -> Request:
    """Gives the texter up to `count` conversations from their pools (of one team, if it is named), at once.

    Somebody whose approval level is “do not assign”, or who was suspended this moment, is refused in the record;
    “approval required” leaves the request waiting, and one waits at a time: RequestOpen. Raises BadCount for more
    than any of the pools gives at once.
    """
    most = most_at_once(texter, team)
    if not 1 <= count <= most:
        raise BadCount(f"Ask for 1 to {most:,} texts at once.")
    asked = Request(
        organization_id=texter.organization_id,
        texter=texter,
        campaign_id=campaign,
        team=team,
        kind=kind,
        count=count,
        at=now,
    )
    try:
        with transaction.atomic():
            return answer(asked, now)
    except IntegrityError as error:
        # Two clicks at the same moment met at the unique constraint.
        if "one_open_request_each" not in str(error):
            raise
        raise RequestOpen(STILL_OPEN) from error


def most_at_once(texter: Membership, team: Team | None = None) -> int:
    most = [pool.most for pool in pools_of(texter) if team is None or pool.team == team]
    return max(most, default=texter.organization.settings.most_at_once)


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


@transaction.atomic
def approve(asked: Request, *, by: Membership, now: dt.datetime) -> Request:
    """Gives what was asked for. Raises AlreadyDecided; NothingToGive if the pool is empty: then it waits on."""
    asked = still_open(asked)
    if not people.keep_in([asked.texter_id]):
        return decide(asked, Request.State.DENIED, by, now)
    give(asked, now)
    if not asked.given:
        raise NothingToGive(f"There is nothing for {asked.texter.name} in the pool now.")
    return decide(asked, Request.State.GIVEN, by, now)


@transaction.atomic
def deny(asked: Request, *, by: Membership, now: dt.datetime) -> Request:
    """Raises AlreadyDecided."""
    return decide(still_open(asked), Request.State.DENIED, by, now)


def still_open(asked: Request) -> Request:
    """The request under its lock, so that it is decided once. Raises AlreadyDecided."""
    now = Request.objects.select_for_update(of=("self",)).select_related("texter__user", "team", "decided_by__user")
    asked = now.select_related("texter__organization__settings").get(pk=asked.pk)
    if asked.state != Request.State.WAITING:
        who = f" by {asked.decided_by.name}" if asked.decided_by else ""
        done = "approved" if asked.state == Request.State.GIVEN else "denied"
        raise AlreadyDecided(f"The request of {asked.texter.name} was {done}{who} before.")
    return asked


def decide(asked: Request, state: Request.State, by: Membership, now: dt.datetime) -> Request:
    asked.state, asked.decided_by, asked.decided_at = state, by, now
    asked.save()
    news.tell([asked.texter_id], "request")
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
    """From shelf to shelf until there are enough; without overflow from the first that has something, and there from
    one campaign alone."""
    texter = asked.texter
    pools = [pool for pool in pools_of(texter) if asked.team_id is None or pool.team == asked.team]
    allowed = limits(texter, pools, now)
    wanted = asked.count if allowed.room is None else min(asked.count, allowed.room)
    claimed: list[int] = []
    for pool in pools:
        most = min(wanted, len(claimed) + pool.most)
        for kind in KINDS[Gives(asked.kind)]:
            for shelf in shelves(texter, kind, now, asked.campaign_id, [pool]) if kind in allowed.kinds else []:
                if len(claimed) < most:
                    claimed += taken(shelf, texter, most - len(claimed), claimed)
                if claimed and not texter.organization.settings.overflow:
                    return claimed
    return claimed


def taken(shelf: Shelf, texter: Membership, wanted: int, claimed: Collection[int]) -> list[int]:
    free = shelf.conversations(texter)
    if claimed:
        # Our own locks are not passed over.
        free = free.exclude(pk__in=claimed)
    if not texter.organization.settings.overflow and (first := free.first()):
        free = free.filter(campaign=first.campaign_id)
    return list(free.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:wanted])


def offered(texter: Membership, now: dt.datetime) -> dict[Status, int]:
    """How many of each kind the texter could be given now."""
    pools = pools_of(texter)
    allowed = limits(texter, pools, now)
    if allowed.room == 0:
        return dict.fromkeys(ORDER, 0)
    return {kind: assignable(texter, kind, now, pools=pools).count() if kind in allowed.kinds else 0 for kind in ORDER}


def offered_by_campaign(texter: Membership, now: dt.datetime) -> list[tuple[Campaign, int]]:
    """The campaigns that have something for the texter now, newest first, and how much."""
    pools = pools_of(texter)
    counts: Counter[int] = Counter()
    for kind in limits(texter, pools, now).kinds:
        rows = assignable(texter, kind, now, pools=pools).order_by().values_list("campaign").annotate(count=Count("pk"))
        counts.update(dict(rows))
    campaigns = Campaign.objects.filter(pk__in=counts).order_by("-pk")
    return [(campaign, counts[campaign.pk]) for campaign in campaigns]
