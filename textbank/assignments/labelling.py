"""Many conversations are labelled in one step, or resolved: their escalation labels come off."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef

from textbank import news
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import Action, Conversation, Handoff, LeftAlone, State, Tagging
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations.models import Membership, Tag


@transaction.atomic
def label(ids: Collection[int], tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Puts the tags on; returns how many conversations wear one more. A tag that is not assignable escalates them."""
    threads = locked(ids, by)
    worn = set(Tagging.objects.filter(conversation__in=threads, tag__in=tags).values_list("conversation", "tag"))
    new = [
        Tagging(conversation=thread, tag=tag, by=by, at=now)
        for thread in threads
        for tag in tags
        if (thread.pk, tag.pk) not in worn
    ]
    Tagging.objects.bulk_create(new)
    changed = {tagging.conversation_id for tagging in new}
    escalating = {tagging.conversation_id for tagging in new if not tagging.tag.assignable}
    stamp(changed, now)
    take_out([thread for thread in threads if thread.pk in escalating and not thread.escalated], by, now)
    tell(thread for thread in threads if thread.pk in changed)
    return len(changed)


@transaction.atomic
def unlabel(ids: Collection[int], tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Takes the tags off; returns how many conversations wore one. Without an escalation tag none is escalated."""
    threads = locked(ids, by)
    wearing = Tagging.objects.filter(conversation__in=threads, tag__in=tags)
    changed = set(wearing.values_list("conversation", flat=True))
    wearing.delete()
    left = Tagging.objects.filter(conversation=OuterRef("pk"), tag__assignable=False)
    stamp(changed, now)
    if not all(tag.assignable for tag in tags):
        Conversation.objects.filter(pk__in=changed).update(escalated=Exists(left))
    tell(thread for thread in threads if thread.pk in changed)
    return len(changed)


@transaction.atomic
def resolve(ids: Collection[int], *, by: Membership, now: dt.datetime) -> int:
    """Takes every escalation tag off; returns how many were escalated. Those in the pool may be asked for again."""
    threads = [thread for thread in locked(ids, by) if thread.escalated]
    Tagging.objects.filter(conversation__in=threads, tag__assignable=False).delete()
    resolved = {thread.pk for thread in threads}
    stamp(resolved, now)
    Conversation.objects.filter(pk__in=resolved).update(escalated=False)
    tell(threads)
    return len(threads)


def locked(ids: Collection[int], by: Membership) -> list[Conversation]:
    """Those that this person sees, locked in the order of their ids, as everybody does."""
    return list(Conversation.objects.visible_to(by).among(ids).order_by("pk").select_for_update(of=("self",)))


def stamp(ids: Collection[int], now: dt.datetime) -> None:
    Conversation.objects.filter(pk__in=ids).update(worked_at=now, changed_in=CurrentTransaction())


def take_out(threads: list[Conversation], by: Membership, now: dt.datetime) -> None:
    """Escalates them, in the ledger as one act."""
    if not threads:
        return
    Conversation.objects.filter(pk__in=[thread.pk for thread in threads]).update(escalated=True)
    act = Handoff.objects.create(
        organization_id=by.organization_id, action=Action.ESCALATE, by=by, at=now, state=State.DONE, finished_at=now
    )
    cards = [
        Card(thread.pk, thread.texter_id, None, None if thread.texter_id else LeftAlone.ALREADY_THEIRS)
        for thread in threads
    ]
    ledger.hand(act, cards, at=now)


def tell(threads: Iterable[Conversation]) -> None:
    for thread in threads:
        if thread.texter_id:
            news.tell([thread.texter_id], f"conversation:{thread.pk}")
