"""Somebody is suspended, and what becomes of their conversations is said in the same step."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from django.db import transaction

from textbank.assignments.plans import BadPlan
from textbank.assignments.reassigning import reassign, unassign
from textbank.conversations.filters import CAMPAIGN_STATES, STATUSES, TRUTHS, Filter
from textbank.conversations.models import Conversation, Handoff
from textbank.organizations import people
from textbank.organizations.models import Membership

Then = Literal["leave", "pool", "reassign"]


class Left(NamedTuple):
    """The member as they are now, and the hand-off of what they had, if anything was handed on."""

    member: Membership
    handoff: Handoff | None


@transaction.atomic
def suspend(
    member: Membership, then: Then, texters: Sequence[Membership] = (), *, by: Membership, now: dt.datetime
) -> Left:
    """Suspends the member; their conversations stay with them, go to the pool, or to these texters: all or nothing.

    Raises people.NotAllowed, people.LastOwner, and BadPlan as a hand-off does.
    """
    check(member, then, texters)
    member = people.suspend(member, by=by, now=now)
    return Left(member, hand_on(member, then, texters, by=by, now=now))


def hand_on(
    member: Membership, then: Then, texters: Sequence[Membership] = (), *, by: Membership, now: dt.datetime
) -> Handoff | None:
    """Everything the member has goes to the pool or to these texters; returns the record, if there was anything.

    Escalated ones and drafts go too: nobody else would find them. Raises BadPlan as a hand-off does.
    """
    check(member, then, texters)
    if then == "leave" or not Conversation.objects.held_by(member).exists():
        return None
    why = f"{member.name} was suspended" if member.suspended else ""
    wishes: dict[str, Any] = {"now": now, "reason": why, "include_escalated": True, "include_drafting": True}
    held = everything_of(member)
    return reassign(held, texters, by=by, **wishes) if texters else unassign(held, by=by, **wishes)


def check(member: Membership, then: Then, texters: Sequence[Membership]) -> None:
    """Raises BadPlan for receivers that make no sense."""
    if (then == "reassign") != bool(texters):
        raise BadPlan(texters="Choose who receives the conversations if they are reassigned, and only then.")
    if member in texters:
        raise BadPlan(texters=f"{member.name} receives nothing: these are their own conversations.")


def everything_of(member: Membership) -> Filter:
    """The closed, the archived and the opted out too: a contact who writes again must reach somebody."""
    return Filter.parse(
        {
            "texter": member.pk,
            "status": list(STATUSES),
            "campaign_state": list(CAMPAIGN_STATES),
            "opted_out": list(TRUTHS),
        }
    )
