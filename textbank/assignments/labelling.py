"""Many conversations are labelled in one step, or resolved: their escalation labels come off."""

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from textbank.assignments.escalating import held_fast, put_right, worked_on
from textbank.conversations.models import Conversation, Tagging
from textbank.organizations.models import Membership, Tag


@transaction.atomic
def label(ids: Collection[int], tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Puts the tags on; returns how many conversations wear one more. A tag that is not assignable escalates them."""
    tags = held_fast(tags)
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
    return settle(threads, changed, by=by, now=now, again=escalating)


@transaction.atomic
def unlabel(ids: Collection[int], tags: Collection[Tag], *, by: Membership, now: dt.datetime) -> int:
    """Takes the tags off; returns how many conversations wore one. Without an escalation tag none is escalated."""
    threads = locked(ids, by)
    wearing = Tagging.objects.filter(conversation__in=threads, tag__in=tags)
    changed = set(wearing.values_list("conversation", flat=True))
    wearing.delete()
    return settle(threads, changed, by=by, now=now)


@transaction.atomic
def resolve(ids: Collection[int], *, by: Membership, now: dt.datetime) -> int:
    """Takes every escalation tag off; returns how many were escalated. Those in the pool may be asked for again."""
    threads = [thread for thread in locked(ids, by) if thread.escalated]
    Tagging.objects.filter(conversation__in=threads, tag__assignable=False).delete()
    return settle(threads, {thread.pk for thread in threads}, by=by, now=now)


def locked(ids: Collection[int], by: Membership) -> list[Conversation]:
    """Those that this person sees, locked in the order of their ids, as everybody does."""
    return list(Conversation.objects.visible_to(by).among(ids).order_by("pk").select_for_update(of=("self",)))


def settle(
    threads: Collection[Conversation],
    changed: Collection[int],
    *,
    by: Membership,
    now: dt.datetime,
    again: Collection[int] = (),
) -> int:
    """What follows for those that wear other tags now; returns how many these are."""
    those = [thread for thread in threads if thread.pk in changed]
    worked_on(those, now)
    put_right(those, again=again, by=by, now=now)
    return len(those)
