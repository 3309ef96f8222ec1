"""Labels on a conversation; one that is not assignable takes it out of its texter's hands, for somebody to decide."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from textbank import news
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone, State, Tagging
from textbank.conversations.sending import refuse_person
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations.models import Membership, Tag

# What the first escalation of an organization without an escalation tag is labelled.
ESCALATED = "Escalated"


class NoEscalationTag(Exception):
    """The organization has no tag that escalates."""


@transaction.atomic
def tag(
    conversation: Conversation, tags: Collection[Tag], *, by: Membership, now: dt.datetime, note: str = ""
) -> list[Tag]:
    """Puts the tags on; returns those that are new. With the first that is not assignable it is escalated, which
    puts it in the pool, out of everybody's lists. Raises sending.NotYours."""
    thread = look_again(conversation, by)
    worn = set(thread.taggings.values_list("tag", flat=True))
    new = [tag for tag in tags if tag.pk not in worn]
    if not new:
        return []
    Tagging.objects.bulk_create(Tagging(conversation=thread, tag=tag, by=by, at=now) for tag in new)
    escalates = not thread.escalated and not all(tag.assignable for tag in new)
    change(thread, thread.escalated or escalates, now)
    if escalates:
        take_out(thread, by, now, note)
    return new


@transaction.atomic
def untag(conversation: Conversation, tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Takes the tags off; returns how many it wore. Without its last escalation tag it is escalated no more: it stays
    in the pool, where texters get it again. Raises sending.NotYours."""
    thread = look_again(conversation, by)
    removed, _ = thread.taggings.filter(tag__in=tags).delete()
    if removed:
        change(thread, thread.taggings.filter(tag__assignable=False).exists(), now)
    return removed


@transaction.atomic
def retag(
    conversation: Conversation, *, add: Collection[Tag], remove: Collection[Tag], by: Membership, now: dt.datetime
) -> None:
    """Both in one step: first off, then on. Raises sending.NotYours."""
    if remove:
        untag(conversation, remove, by=by, now=now)
    if add:
        tag(conversation, add, by=by, now=now)


def escalate(conversation: Conversation, *, by: Membership, message: str = "", now: dt.datetime) -> bool:
    """Puts the organization's first escalation tag on; returns whether it was new. Raises NoEscalationTag, NotYours."""
    return bool(tag(conversation, [escalation_tag(by)], by=by, now=now, note=message))


def escalation_tag(by: Membership) -> Tag:
    """The organization's first; one that has none gets one."""
    tags = by.organization.tags
    found = tags.filter(assignable=False).order_by("pk").first()
    if found is None:
        found, _ = tags.get_or_create(title=ESCALATED, defaults={"assignable": False})
    if found.assignable:
        raise NoEscalationTag("No tag escalates here yet. Ask an admin to make one that is not assignable.")
    return found


def look_again(conversation: Conversation, by: Membership) -> Conversation:
    """The conversation as it is now, locked; it may have changed hands since it was seen."""
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    refuse_person(thread, by)
    return thread


def change(thread: Conversation, escalated: bool, now: dt.datetime) -> None:
    seen = {"worked_at": now, "changed_in": CurrentTransaction()}
    Conversation.objects.filter(pk=thread.pk).update(escalated=escalated, **seen)
    thread.escalated = escalated
    if thread.texter_id:
        news.tell([thread.texter_id], f"conversation:{thread.pk}")


def take_out(thread: Conversation, by: Membership, now: dt.datetime, note: str) -> Handoff:
    """The act in the ledger. One that nobody has stays where it is, and the act is recorded with its note."""
    act = Handoff.objects.create(
        organization_id=thread.organization_id,
        action=Action.ESCALATE,
        by=by,
        at=now,
        campaign_id=thread.campaign_id,
        note=note,
        state=State.DONE,
        finished_at=now,
    )
    stays = None if thread.texter_id else LeftAlone.ALREADY_THEIRS
    ledger.hand(act, [Card(thread.pk, thread.texter_id, None, stays)], at=now)
    return act
