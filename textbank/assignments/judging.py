"""Which conversations of a plan stay where they are, and why: one expression for the preview and the act."""

import datetime as dt

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When

from textbank.assignments.plans import Plan
from textbank.conversations.drafting import LEASE
from textbank.conversations.models import Action, Draft, LeftAlone, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import UnchangedSince


def judged(conversations: ConversationQuerySet, plan: Plan, *, again: bool = False) -> ConversationQuerySet:
    """The conversations with `stays`: a LeftAlone, or null for one that may move.

    Only “already theirs” is not known yet: that is for the dealing to say. Looked at `again`, what the filter does
    not find any more has changed.
    """
    cases = [When(condition, then=Value(reason)) for reason, condition in reasons(plan)]
    stays: Case = Case(*cases, default=None, output_field=IntegerField(null=True))
    if again and plan.matches and plan.as_of is None:
        # With a snapshot the first of the reasons says so, and more exactly.
        stays = Case(When(plan.matches, then=stays), default=Value(LeftAlone.CHANGED), output_field=stays.output_field)
    return conversations.annotate(stays=stays)


def reasons(plan: Plan) -> list[tuple[LeftAlone, Q]]:
    """Why a conversation stays, in the order in which it is asked."""
    found = [(LeftAlone.OPTED_OUT, Q(opted_out=True)), (LeftAlone.PINNED, Q(pinned_to__isnull=False))]
    if plan.as_of:
        found.insert(0, (LeftAlone.CHANGED, ~Q(UnchangedSince("changed_in", plan.as_of))))
    if plan.action == Action.REASSIGN:
        found.append((LeftAlone.CAMPAIGN_ARCHIVED, Q(campaign__archived_at__isnull=False)))
    if not escalated_wanted(plan):
        found.append((LeftAlone.ESCALATED, Q(escalated=True)))
    if not closed_wanted(plan):
        found.append((LeftAlone.CLOSED, Q(status=Status.CLOSED)))
    if not plan.include_drafting:
        found.append((LeftAlone.BEING_ANSWERED, being_answered(plan.now)))
    if plan.to_the_pool:
        found.append((LeftAlone.ALREADY_THEIRS, Q(texter=None)))
    return found


def escalated_wanted(plan: Plan) -> bool:
    return plan.include_escalated or plan.filter is None or plan.filter.escalated == "only"


def closed_wanted(plan: Plan) -> bool:
    return plan.filter is None or Status.CLOSED.key in plan.filter.status


def being_answered(now: dt.datetime) -> Q:
    """The holder touched a draft just now. A first message has no draft worth waiting for."""
    touched = Draft.objects.filter(conversation=OuterRef("pk"), author=OuterRef("texter"), touched_at__gt=now - LEASE)
    return ~Q(status=Status.NEEDS_FIRST_MESSAGE) & Q(Exists(touched))


def longest_waiting_first(conversations: ConversationQuerySet) -> ConversationQuerySet:
    """The order in which cards are dealt."""
    return conversations.order_by(F("waiting_since").asc(nulls_last=True), "pk")
