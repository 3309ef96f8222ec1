"""Why a texter is offered nothing, or not everything, in words for them."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from textbank.assignments import limits
from textbank.assignments.limits import Nothing
from textbank.assignments.offers import Offer
from textbank.assignments.pool import ORDER, free_for, pools_of
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations.models import Approval, Membership
from textbank.reports.offering import ASKED, opening
from textbank.reports.receipts import of_each_kind
from textbank.reports.serving import named


class Why(NamedTuple):
    """`first` is what is to be done before more can be had: `replies` or `first_messages`."""

    code: str
    words: str
    first: str = ""


def why_nothing(texter: Membership, now: dt.datetime) -> Why:
    """Asked when nothing is offered."""
    if texter.approval == Approval.NONE:
        return Why("do_not_assign", texter.organization.settings.do_not_assign_words)
    reason = limits.why_nothing(texter, now)
    say = SAYING.get(reason)
    return say(texter, now) if say else Why(reason.name.lower(), PLAIN[reason])


PLAIN = {
    Nothing.RUNS: "No campaign is running just now. When one starts, you can ask here.",
    Nothing.OFF: "Asking for texts is switched off just now. An admin hands them out.",
    Nothing.BY_ITSELF: "An admin hands out the texts of the campaigns that are running. Ask one of them for some.",
    Nothing.LEFT: "Every text has been handed out for now. Look in again later.",
}


def replies_first(texter: Membership, now: dt.datetime) -> Why:
    _, replies = limits.in_hand(texter)
    return Why("replies_first", f"Answer your {of_each_kind(0, replies)} first. Then you can ask for more.", "replies")


def full(texter: Membership, now: dt.datetime) -> Why:
    first, replies = limits.in_hand(texter)
    held, most = first + replies, texter.cap or 0
    if not held:
        return Why("full", "You may hold no texts of your own just now. An admin can change that.")
    many = f"{held:,} of {most:,}, as many as" if held == most else f"{held:,}, and {most:,} is the most that"
    words = f"You hold {many} you may. When some are done, you can ask for more."
    return Why("full", words, "replies" if replies else "first_messages")


def closed(texter: Membership, now: dt.datetime) -> Why:
    """When the first of the contacts whom the texter could be given may be texted."""
    first = opening(places(texter, now), now)
    words = "There are texts, but it is outside texting hours where the contacts are."
    return Why("open", f"{words} {first}".strip())


def places(texter: Membership, now: dt.datetime) -> Iterator[tuple[Campaign, str]]:
    for shelf in limits.served(texter, pools_of(texter), now):
        pool = free_for(texter, shelf.status).filter(shelf.at_any_hour, campaign=OuterRef("pk"))
        asked = Campaign.objects.filter(pk__in=[campaign.pk for campaign in shelf.campaigns]).select_related("service")
        keys = ArraySubquery(pool.order_by().values("hours_key")[:ASKED])
        for campaign in asked.annotate(keys=keys):
            yield from ((campaign, key) for key in set(campaign.keys))


def for_teams(texter: Membership, now: dt.datetime) -> Why:
    teams = limits.teams_for(texter, now)
    off = [team for team in teams if team.members.contains(texter)]
    if off:
        return Why("teams", f"There are texts for {named(off)}, but asking is switched off there just now.")
    return Why("teams", f"There are texts, but only for {named(teams)}. Ask an admin if you can help there.")


def other_kind(texter: Membership, now: dt.datetime) -> Why:
    kinds = [kind for kind in ORDER if limits.general(texter, kind, now).exists()]
    if texter.sends_only and Status.NEEDS_RESPONSE in kinds:
        return Why("kind", "There are replies to answer, but you send first messages only.")
    noun = "replies" if Status.NEEDS_RESPONSE in kinds else "first messages"
    return Why("kind", f"There are {noun}, but those are not handed out for the asking just now.")


def backlog(texter: Membership, now: dt.datetime) -> Why:
    gate = texter.organization.settings.backlog_gate or 0
    return Why("backlog", f"First messages are given again when fewer than {gate:,} replies wait in the pool.")


SAYING: dict[Nothing, Callable[[Membership, dt.datetime], Why]] = {
    Nothing.REPLIES_FIRST: replies_first,
    Nothing.FULL: full,
    Nothing.OPEN: closed,
    Nothing.TEAMS: for_teams,
    Nothing.KIND: other_kind,
    Nothing.BACKLOG: backlog,
}


def why_not_all(texter: Membership, offered: Offer, now: dt.datetime) -> Why | None:
    """Where something is offered, what keeps the rest back."""
    match offered.limits.because:
        case Nothing.REPLIES_FIRST:
            return Why("replies_first", "First messages are given when your own replies are answered.", "replies")
        case Nothing.BACKLOG:
            return backlog(texter, now)
    return None
