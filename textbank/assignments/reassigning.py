"""Conversations change hands because an admin says so: to texters, dealt like cards, or back to the pool."""

from array import array
from collections.abc import Collection, Iterable, Sequence
from functools import cached_property
from typing import Any

from django.utils import timezone

from textbank.assignments import carrying_out
from textbank.assignments.dealing import deal, so_many_each
from textbank.assignments.judging import judged, longest_waiting_first
from textbank.assignments.plans import Plan
from textbank.assignments.warning import warned
from textbank.conversations import ledger
from textbank.conversations.arrays import as_array
from textbank.conversations.filters import Filter
from textbank.conversations.ledger import Cards
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations import people
from textbank.organizations.models import Membership


def reassign(which: Filter | Iterable[int], texters: Iterable[Membership], *, by: Membership, **wishes: Any) -> Handoff:
    """Deals the conversations among the texters, as evenly as cards, longest waiting first; returns the record.

    `which` is a filter or conversation ids; `wishes` are the other parts of a Plan. Up to a thousand are handed on
    at once; more go on as a job, and the record says *running*. Raises BadPlan or Strangers.
    """
    return carry_out(plan(Action.REASSIGN, which, texters, by, wishes))


def unassign(which: Filter | Iterable[int], *, by: Membership, **wishes: Any) -> Handoff:
    """Gives the conversations back to the pool; returns the record. Raises BadPlan or Strangers."""
    return carry_out(plan(Action.UNASSIGN, which, (), by, wishes))


def plan(
    action: Action,
    which: Filter | Iterable[int],
    texters: Iterable[Membership],
    by: Membership,
    wishes: dict[str, Any],
) -> Plan:
    said = {"filter": which} if isinstance(which, Filter) else {"ticked": tuple(which)}
    return Plan(action, by, **{"now": timezone.now(), "texters": tuple(texters), **said, **wishes})


def carry_out(plan: Plan) -> Handoff:
    """Does what the plan says and returns the record; the same `client_id` again: the first one's."""
    plan.check()
    return carrying_out.begin(Dealing(plan))


def preview(plan: Plan) -> Handoff:
    """What carrying the plan out now would write down; nothing is written."""
    plan.check()
    dealing, handoff = Dealing(plan), plan.record()
    ledger.count(handoff, dealing.cards(None, dealt=0))
    dealing.finish(handoff)
    dealing.warn(handoff)
    return handoff


Statement = tuple[str, Sequence[Any]]

LOOKED_AT = ("pk", "texter_id", "stays", "waiting_since")

# Stands for the ids of a batch in the statement that is put together for all of them.
NONE_YET = as_array(())


def statement(judged: ConversationQuerySet) -> Statement:
    sql, params = judged.values_list(*LOOKED_AT).query.sql_with_params()
    return sql, params


class Dealing:
    """A plan on its way: which conversations, and what becomes of each."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def record(self) -> Handoff:
        return self.plan.record()

    def ids(self) -> Iterable[int]:
        """Everything that is to be looked at, in the order in which it is dealt: all that matches, or, where only so
        many were wanted, as many as it takes to find those."""
        if self.plan.wanted is not None:
            return self.as_far_as_wanted
        matching = longest_waiting_first(self.plan.conversations).values_list("pk", flat=True)
        return matching.iterator(chunk_size=10_000)

    def count(self) -> int:
        return self.plan.count() if self.plan.wanted is None else len(self.as_far_as_wanted)

    @cached_property
    def as_far_as_wanted(self) -> "array[int]":
        return ledger.conversations_of(self.cards(None, dealt=0))

    def cards(self, ids: Collection[int] | None, *, dealt: int) -> Cards:
        """Each of the conversations (of all that match, for None) with who gives, who gets, or why it stays.

        Ids are locked, in their order, and judged by what their rows say once they are, after the receivers, none
        of whom can be suspended before the transaction ends: BadPlan if one was. `dealt` is how many cards were
        dealt before these; behind the last one that may be dealt nothing is looked at.
        """
        if ids is None:
            sql, params = statement(judged(self.plan.conversations, self.plan).order_by())
        else:
            self.hold_receivers()
            sql, params = self.locking(ids)
        texters = [texter.pk for texter in self.plan.texters]
        if self.plan.each:
            texters = so_many_each(texters, self.plan.each)
        return deal(sql, params, texters, start=dealt, most=self.still_wanted(dealt))

    def locking(self, ids: Collection[int]) -> Statement:
        """One statement locks and judges: a row that somebody changed meanwhile is judged again as it is now."""
        sql, params = self.locking_some
        these = as_array(ids)
        return sql, [these if param == NONE_YET else param for param in params]

    @cached_property
    def locking_some(self) -> Statement:
        # For batch after batch it would take longer to put together than to deal.
        there = judged(Conversation.objects.among(()), self.plan, again=True)
        return statement(there.order_by("pk").select_for_update(of=("self",)))

    def hold_receivers(self) -> None:
        """Raises BadPlan if somebody was suspended since the plan was made."""
        if self.plan.texters:
            still_here = people.keep_in([texter.pk for texter in self.plan.texters])
            self.plan.refuse_suspended([texter for texter in self.plan.texters if texter.pk not in still_here])

    def still_wanted(self, dealt: int) -> int | None:
        """How many more may be dealt: as many as were wanted, and never more than were shown."""
        most = min((number for number in (self.plan.wanted, self.plan.expect) if number is not None), default=None)
        return None if most is None else max(0, most - dealt)

    def finish(self, handoff: Handoff) -> None:
        """Counts what was shown and no longer matches at all as changed: it was seen, and it stays."""
        if self.plan.expect is None or self.plan.as_of is None or self.plan.wanted is not None:
            return
        changed, stopped = LeftAlone.CHANGED.label, LeftAlone.STOPPED.label
        looked_at = handoff.matched - handoff.left_alone.pop(changed, 0)
        missing = max(0, self.plan.expect - looked_at)
        if missing and not handoff.left_alone.get(stopped):
            handoff.left_alone[changed] = missing
            looked_at += missing
        handoff.matched = looked_at

    def warn(self, handoff: Handoff) -> None:
        handoff.warnings = warned(self.plan, handoff)
