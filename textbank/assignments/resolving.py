"""Conversations go back to the pool, and their escalation ends in the same step."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from textbank.assignments import labelling, reassigning
from textbank.assignments.carrying_out import AT_ONCE
from textbank.assignments.plans import BadPlan, Plan
from textbank.conversations.models import Handoff, LeftAlone, State


class Resolved(NamedTuple):
    """What was handed on, and how many are escalated no more."""

    handoff: Handoff
    resolved: int


@transaction.atomic
def unassign_and_resolve(plan: Plan) -> Resolved:
    """Carries the plan out and resolves what it moved and what it found in the pool already, as it was looked at.

    What it leaves alone stays escalated: what changed since it was seen, above all. Both or neither. Raises BadPlan,
    also for more than can be done at once, and Strangers.
    """
    act = reassigning.carry_out(plan)
    if act.state == State.RUNNING:
        raise BadPlan(resolve=f"Resolve at most {AT_ONCE:,} at a time: tick some, or unassign without resolving.")
    if act.at != plan.now:
        # The same click again: what it resolved then may have been escalated anew since.
        return Resolved(act, 0)
    meant = act.moves.filter(Q(left_alone=None) | Q(left_alone=LeftAlone.ALREADY_THEIRS))
    ids = list(meant.values_list("conversation", flat=True))
    return Resolved(act, labelling.resolve(ids, by=plan.by, now=plan.now))


def resolvable(act: Handoff) -> int:
    """How many a preview of the plan says would be resolved with it."""
    there: int = act.left_alone.get(LeftAlone.ALREADY_THEIRS.label, 0)
    return act.moved + there
