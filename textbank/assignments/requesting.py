"""A texter asks for texts: a batch from the pool, each conversation to one person only."""

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from textbank import news, prepared
from textbank.assignments.models import Request
from textbank.assignments.offers import claim, most_at_once
from textbank.assignments.pool import Pool, pools_of
from textbank.conversations import ledger
from textbank.conversations.models import Action, Handoff, State
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
    pools = pools_of(texter)
    most = most_at_once(texter, pools, team)
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
            return answer(asked, pools, now)
    except IntegrityError as error:
        # Two clicks at the same moment met at the unique constraint.
        if "one_open_request_each" not in str(error):
            raise
        raise RequestOpen(STILL_OPEN) from error


# Suspending waits, as for the lock that `people.keep_in` takes; and so does the texter's own next request, which then
# sees what this one brought, and asks after it how much more they may hold.
STANDING = """
select suspended_at is null, exists (select from assignments_request where texter_id = m.id and state = %(waiting)s)
from organizations_membership m where id = %(texter)s for no key update of m
"""


def answer(asked: Request, pools: Sequence[Pool], now: dt.datetime) -> Request:
    [[active, waits]] = prepared.rows(STANDING, {"texter": asked.texter_id, "waiting": Request.State.WAITING.value})
    if waits:
        raise RequestOpen(STILL_OPEN)
    match asked.texter.approval:
        case Approval.AUTO if active:
            give(asked, pools, now)
        case Approval.AUTO | Approval.NONE:
            asked.state = Request.State.DENIED
    asked.save()
    if asked.state == Request.State.WAITING:
        tell_of(asked)
    return asked


@transaction.atomic
def approve(asked: Request, *, by: Membership, now: dt.datetime) -> Request:
    """Gives what was asked for. Raises AlreadyDecided; NothingToGive if the pool is empty: then it waits on."""
    asked = still_open(asked)
    if not people.keep_in([asked.texter_id]):
        return decide(asked, Request.State.DENIED, by, now)
    give(asked, pools_of(asked.texter), now)
    if not asked.given:
        raise NothingToGive(f"There is nothing for {asked.texter.name} in the pool now.")
    return decide(asked, Request.State.GIVEN, by, now)


@transaction.atomic
def withdraw(asked: Request, *, by: Membership, now: dt.datetime) -> Request:
    """The texter does not want it any more. Raises AlreadyDecided."""
    return decide(still_open(asked), Request.State.WITHDRAWN, by, now)


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
        raise AlreadyDecided(
            f"The request of {asked.texter.name} was {BECAME[Request.State(asked.state)]}{who} before."
        )
    return asked


BECAME = {
    Request.State.GIVEN: "approved",
    Request.State.DENIED: "denied",
    Request.State.WITHDRAWN: "withdrawn",
}


def decide(asked: Request, state: Request.State, by: Membership, now: dt.datetime) -> Request:
    asked.state, asked.decided_by, asked.decided_at = state, by, now
    asked.save()
    tell_of(asked)
    return asked


def tell_of(asked: Request) -> None:
    """To whoever asked, and to those who decide."""
    news.tell([asked.texter_id], "request")
    news.tell_watchers(asked.organization_id)


def give(asked: Request, pools: Sequence[Pool], now: dt.datetime) -> None:
    """Hands the texter what the pools have for them. Where that is nothing, there is no record of it either."""
    handoff = Handoff(
        pk=ledger.new_id(),
        organization_id=asked.organization_id,
        action=Action.REQUEST,
        by=asked.texter,
        at=now,
        receivers=[asked.texter_id],
        campaign_id=asked.campaign_id,
        state=State.DONE,
        finished_at=now,
    )
    asked.state, asked.given = Request.State.GIVEN, claim(asked, handoff, pools, now)
    if asked.given:
        handoff.save(force_insert=True)
        asked.handoff = handoff


def in_words(asked: Request) -> str:
    """What was asked for: 50 first messages from Saturday canvass for team Spanish."""
    nouns = {Gives.REPLIES: ("reply", "replies"), Gives.FIRST_MESSAGES: ("first message", "first messages")}
    one, more = nouns.get(Gives(asked.kind), ("text", "texts"))
    campaign = f" from {asked.campaign.title}" if asked.campaign else ""
    team = f" for team {asked.team.title}" if asked.team else ""
    return f"{asked.count:,} {one if asked.count == 1 else more}{campaign}{team}"
