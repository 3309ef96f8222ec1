"""A texter gives work back to the pool: one conversation, or all there is to do, done for the day."""

import datetime as dt
import uuid
from collections import Counter
from typing import Any

from django.db.models import Count, Q

from textbank.assignments.judging import judged
from textbank.assignments.plans import BadPlan, Plan
from textbank.assignments.reassigning import carry_out, preview
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.conversations.sending import NotYours, refuse_number
from textbank.organizations.models import Membership

# What there is to do; the rest has been done, and stays with whoever did it.
WORK = [Status.NEEDS_FIRST_MESSAGE.key, Status.NEEDS_RESPONSE.key]


def give_back(
    conversation: Conversation, *, by: Membership, reason: str, note: str = "", now: dt.datetime, **wishes: Any
) -> Handoff:
    """One conversation goes back to the pool, with the reason and a note for whoever has it next.

    What the texter was writing goes along as their note. One that is pinned to them stays, as the record says. Raises
    NotYours, OptedOut (nothing can be done with it), and BadPlan without a reason.
    """
    if not reason.strip():
        raise BadPlan(reason="Say in a few words why you give it back.")
    if conversation.texter_id != by.pk:
        raise NotYours("Somebody else has this conversation now.")
    refuse_number(conversation, conversation.opted_out)
    said = {"reason": reason.strip(), "note": note.strip(), "include_drafting": True, **wishes}
    act = carry_out(Plan(Action.GIVE_BACK, by, now, ticked=(conversation.pk,), **said))
    if not act.moved and not act.left_alone.get("pinned"):
        raise NotYours("Somebody else has this conversation now.")
    return act


def done_for_the_day(
    texter: Membership,
    *,
    campaign: Campaign | None = None,
    now: dt.datetime,
    client_id: uuid.UUID | None = None,
    dry_run: bool = False,
) -> Handoff:
    """Every first message and reply that the texter has to do (of one campaign, if it is named) goes to the pool.

    What is escalated, pinned to them or just being answered stays, as with every release, and the record says so.
    """
    plan = of_the_day(texter, campaign, now, client_id)
    return preview(plan) if dry_run else carry_out(plan)


def of_the_day(
    texter: Membership, campaign: Campaign | None, now: dt.datetime, client_id: uuid.UUID | None = None
) -> Plan:
    said: dict[str, Any] = {"texter": texter.pk, "status": WORK, "campaign_state": ["active"]}
    if campaign is not None:
        said["campaign"] = campaign.pk
    return Plan(Action.DONE_FOR_THE_DAY, texter, now, filter=Filter.parse(said), client_id=client_id)


def going_back(texter: Membership, now: dt.datetime) -> Counter[tuple[int, Status]]:
    """How much `done_for_the_day` would give back now, by campaign and kind."""
    plan = of_the_day(texter, None, now)
    moves = judged(plan.conversations, plan).filter(Q(stays=None)).order_by()
    rows = moves.values_list("campaign", "status").annotate(number=Count("pk"))
    return Counter({(campaign, Status(status)): number for campaign, status, number in rows})
