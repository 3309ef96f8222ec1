"""Conversations change hands because an admin says so: to texters, dealt like cards, or back to the pool."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from textbank.assignments.dealing import deal
from textbank.assignments.judging import judged, longest_waiting_first
from textbank.assignments.plans import BadPlan, Plan
from textbank.conversations import ledger
from textbank.conversations.filters import Filter
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone, State
from textbank.organizations.models import Membership

AT_ONCE = 1000  # conversations handed on within one transaction


class TooMany(BadPlan):
    """More than is handed on at once."""


def reassign(which: Filter | Iterable[int], texters: Iterable[Membership], *, by: Membership, **wishes: Any) -> Handoff:
    """Deals the conversations among the texters, as evenly as cards, longest waiting first; returns the record.

    `which` is a filter or conversation ids; `wishes` are the other parts of a Plan. Raises BadPlan or Strangers.
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
    """Does what the plan says, in one transaction, and returns the record; the same `client_id` again: the first one's."""
    plan.check()
    try:
        with transaction.atomic():
            if earlier := already_done(plan):
                return earlier
            handoff = plan.record()
            handoff.save()
            ledger.hand(handoff, cards(plan, lock(plan)), at=plan.now)
            return finish(handoff, plan)
    except IntegrityError as error:
        if "one_handoff_per_click" not in str(error):
            raise
        return Handoff.objects.get(organization_id=plan.by.organization_id, client_id=plan.client_id)


def preview(plan: Plan) -> Handoff:
    """What carrying the plan out now would write down; nothing is written."""
    plan.check()
    handoff = plan.record()
    ids = list(plan.conversations.values_list("pk", flat=True)[: AT_ONCE + 1])
    ledger.count(handoff, cards(plan, few_enough(ids)))
    unseen_changes(handoff, plan)
    return handoff


def already_done(plan: Plan) -> Handoff | None:
    if plan.client_id is None:
        return None
    return Handoff.objects.filter(organization_id=plan.by.organization_id, client_id=plan.client_id).first()


def lock(plan: Plan) -> list[int]:
    """Locks what matches, in the order of ids, and returns the ids."""
    matching = plan.conversations.order_by("pk").select_for_update(of=("self",))
    return few_enough(list(matching.values_list("pk", flat=True)[: AT_ONCE + 1]))


def few_enough(ids: list[int]) -> list[int]:
    if len(ids) > AT_ONCE:
        raise TooMany(filter=f"That is more than {AT_ONCE:,} conversations. Narrow the filter, and go on in parts.")
    return ids


def cards(plan: Plan, ids: list[int]) -> list[Card]:
    """Each conversation with who gives, who gets, or why it stays; judged by what the rows say now."""
    looked_at = longest_waiting_first(judged(Conversation.objects.filter(pk__in=ids), plan))
    rows = list(looked_at.values_list("pk", "texter_id", "stays"))  # type: ignore[misc]
    movable = [(pk, holder) for pk, holder, stays in rows if stays is None][: most(plan)]
    receivers = dealt([holder for _, holder in movable], plan)
    staying = [Card(pk, holder, None, LeftAlone(stays)) for pk, holder, stays in rows if stays is not None]
    moving = [
        Card(pk, holder, receiver, LeftAlone.ALREADY_THEIRS if receiver == holder else None)
        for (pk, holder), receiver in zip(movable, receivers, strict=True)
    ]
    return moving + staying


def most(plan: Plan) -> int | None:
    """How many may be dealt at all: as many as were wanted, and never more than were shown."""
    wanted = [number for number in (plan.limit, plan.expect) if number is not None]
    return min(wanted, default=None)


def dealt(holders: list[int | None], plan: Plan) -> list[int | None]:
    if plan.action == Action.UNASSIGN:
        return [None] * len(holders)
    return list(deal(holders, [texter.pk for texter in plan.texters]))


def finish(handoff: Handoff, plan: Plan) -> Handoff:
    unseen_changes(handoff, plan)
    handoff.state, handoff.finished_at = State.DONE, plan.now
    handoff.save(update_fields=["matched", "left_alone", "state", "finished_at"])
    return handoff


def unseen_changes(handoff: Handoff, plan: Plan) -> None:
    """Counts what was shown and no longer matches at all as changed: it was seen, and it stays."""
    if plan.expect is None or plan.as_of is None or plan.limit is not None:
        return
    looked_at = handoff.matched - handoff.left_alone.get(LeftAlone.CHANGED.label, 0)
    changed = max(0, plan.expect - looked_at)
    handoff.left_alone.pop(LeftAlone.CHANGED.label, None)
    if changed:
        handoff.left_alone[LeftAlone.CHANGED.label] = changed
    handoff.matched = looked_at + changed
