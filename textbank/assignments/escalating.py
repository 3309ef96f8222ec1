"""Labels on a conversation; one that is not assignable takes it out of its texter's hands, for somebody to decide."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction

from textbank import news
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone, State, Tagging
from textbank.conversations.sending import refuse_person
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations.models import Colour, Membership, Tag

# What the first escalation of an organization without an escalation tag is labelled.
ESCALATED = "Escalated"

HELD_FAST = "select * from organizations_tag where id = any(%s) and deleted_at is null order by id for share"


class NoEscalationTag(Exception):
    """The organization has no tag that escalates, or the one that was chosen does not any more."""


@transaction.atomic
def tag(
    conversation: Conversation, tags: Collection[Tag], *, by: Membership, now: dt.datetime, note: str = ""
) -> list[Tag]:
    """Puts the tags on; returns those that are new. One that is not assignable escalates it, which puts it in the
    pool, out of everybody's lists: again, if it was escalated before and given to somebody. Raises sending.NotYours."""
    tags = held_fast(tags)
    thread = look_again(conversation, by)
    worn = set(thread.taggings.values_list("tag", flat=True))
    new = [tag for tag in tags if tag.pk not in worn]
    if not new:
        return []
    Tagging.objects.bulk_create(Tagging(conversation=thread, tag=tag, by=by, at=now) for tag in new)
    worked_on([thread], now)
    again = [] if all(tag.assignable for tag in new) else [thread.pk]
    put_right([thread], again=again, by=by, now=now, note=note)
    return new


@transaction.atomic
def untag(conversation: Conversation, tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Takes the tags off; returns how many it wore. Without its last escalation tag it is escalated no more: it stays
    in the pool, where texters get it again. Raises sending.NotYours."""
    thread = look_again(conversation, by)
    removed, _ = thread.taggings.filter(tag__in=tags).delete()
    if removed:
        worked_on([thread], now)
        put_right([thread], by=by, now=now)
    return removed


@transaction.atomic
def retag(
    conversation: Conversation, *, add: Collection[Tag], remove: Collection[Tag], by: Membership, now: dt.datetime
) -> None:
    """Both in one step: first off, then on. Raises sending.NotYours."""
    add = held_fast(add)
    if remove:
        untag(conversation, remove, by=by, now=now)
    if add:
        tag(conversation, add, by=by, now=now)


@transaction.atomic
def escalate(
    conversation: Conversation, *, by: Membership, with_tag: Tag | None = None, message: str = "", now: dt.datetime
) -> bool:
    """Puts the tag on, or the organization's first escalation tag, and takes it out of its texter's hands; the message
    is a note in the record. One that wears the tag already leaves the hands it was given to since. Returns whether
    anything came of it. Raises NoEscalationTag, NotYours."""
    chosen = [tag for tag in held_fast([with_tag or escalation_tag(by)]) if not tag.assignable]
    if not chosen:
        raise NoEscalationTag("That tag does not escalate any more. Choose another.")
    if tag(conversation, chosen, by=by, now=now, note=message):
        return True
    thread = look_again(conversation, by)
    if thread.texter_id is None and not message:
        return False
    worked_on([thread], now)
    put_right([thread], again=[thread.pk], by=by, now=now, note=message)
    return True


def escalation_tag(by: Membership) -> Tag:
    """The organization's first; one that has none gets one."""
    tags = by.organization.tags
    found = tags.filter(assignable=False).order_by("pk").first()
    if found is None:
        made = {"title": ESCALATED, "colour": Colour.RED, "assignable": False}
        found, _ = tags.get_or_create(title__iexact=ESCALATED, defaults=made)
    if found.assignable:
        raise NoEscalationTag("No tag escalates here yet. Ask an admin to make one that is not assignable.")
    return found


def held_fast(tags: Iterable[Tag]) -> list[Tag]:
    """Those that are still there, as they are now and as they stay until this transaction ends: a tag that becomes
    another kind waits, and then puts right whoever wears it. Before any conversation is locked, as everybody does."""
    return list(Tag.every.raw(HELD_FAST, [[tag.pk for tag in tags]]))


def look_again(conversation: Conversation, by: Membership) -> Conversation:
    """The conversation as it is now, locked; it may have changed hands since it was seen."""
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    refuse_person(thread, by)
    return thread


def worked_on(threads: Collection[Conversation], now: dt.datetime) -> None:
    """Somebody did something with each of them."""
    ids = [thread.pk for thread in threads]
    Conversation.objects.among(ids).update(worked_at=now, changed_in=CurrentTransaction())
    tell(threads)


def tell(threads: Iterable[Conversation]) -> None:
    for thread in threads:
        news.tell_of(thread)


def put_right(
    threads: Collection[Conversation],
    *,
    again: Collection[int] = (),
    by: Membership,
    now: dt.datetime,
    note: str = "",
) -> None:
    """The one rule of escalation: who wears a tag that is not assignable is escalated, and nobody else is.

    Those that become it leave their texter's hands in one act of the ledger, and so do those of the ids `again`, which
    are escalated once more. The caller holds the threads' row locks.
    """
    risen = raised(threads)
    leaving = [
        thread for thread in threads if thread.pk in risen or (thread.pk in again and (thread.texter_id or note))
    ]
    if leaving:
        campaigns = {thread.campaign_id for thread in leaving}
        one = campaigns.pop() if len(campaigns) == 1 else None
        act = opened(by=by, now=now, campaign_id=one, note=note, state=State.DONE, finished_at=now)
        take_out(leaving, act, now)


def raised(threads: Collection[Conversation]) -> set[int]:
    """Makes each as escalated as its tags say; returns the ids of those that were not before."""
    wearing = Tagging.objects.filter(conversation__in=threads, tag__assignable=False)
    escalated = set(wearing.values_list("conversation", flat=True))
    changed = {thread.pk for thread in threads if thread.escalated != (thread.pk in escalated)}
    for ids, is_so in ((changed & escalated, True), (changed - escalated, False)):
        if ids:
            Conversation.objects.among(ids).update(escalated=is_so, changed_in=CurrentTransaction())
    for thread in threads:
        thread.escalated = thread.pk in escalated
        if thread.pk in changed:
            news.tell_watchers(thread.organization_id, news.ESCALATED)
    return changed & escalated


def opened(*, by: Membership, now: dt.datetime, **fields: Any) -> Handoff:
    """The act in which some are escalated, nothing moved yet."""
    return Handoff.objects.create(organization_id=by.organization_id, action=Action.ESCALATE, by=by, at=now, **fields)


def take_out(threads: Collection[Conversation], act: Handoff, now: dt.datetime) -> None:
    """Out of their texters' hands. One that nobody has stays where it is, and so does what is left of an act that
    somebody stopped: it is escalated where it is."""
    holding = LeftAlone.STOPPED if act.stop_asked else None
    cards = [
        Card(thread.pk, thread.texter_id, None, holding if thread.texter_id else LeftAlone.ALREADY_THEIRS)
        for thread in threads
    ]
    ledger.hand(act, cards, at=now)
