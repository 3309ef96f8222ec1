"""The tags of an organization: made, changed and deleted. Whoever wears one is as escalated as it says now.

A thousand conversations are put right at once; more by a job in small transactions, so that no texter's send waits
for long. It can begin anew at any time: what it does twice changes nothing.
"""

import datetime as dt
import logging
from collections.abc import Collection
from typing import Any, NamedTuple

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app as jobs

from textbank import news
from textbank.assignments import escalating
from textbank.assignments.carrying_out import AT_ONCE, BATCH
from textbank.assignments.escalating import opened, take_out, tell
from textbank.conversations.models import Conversation, Handoff, LeftAlone, State, Tagging
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations import audit
from textbank.organizations.models import Colour, Membership, Tag

log = logging.getLogger(__name__)


class TitleTaken(Exception):
    """The organization has a tag of that title already, whatever its case."""

    def __init__(self, title: str) -> None:
        super().__init__(f"There is a tag “{title}” already.")
        self.fields = {"title": str(self)}


class Changed(NamedTuple):
    """A tag as it is now, how many wear it, and the act that took those who are escalated by it out of hand."""

    tag: Tag
    worn: int
    handoff: Handoff | None = None


@transaction.atomic
def make(title: str, *, colour: str = Colour.GREY, assignable: bool = True, by: Membership) -> Tag:
    """A new tag. Raises TitleTaken."""
    tag = kept(Tag(organization=by.organization, title=title, colour=colour, assignable=assignable))
    audit.record(by.organization, "tag made", title, by=by, tag=tag.pk, colour=colour, assignable=assignable)
    return tag


@transaction.atomic
def change(tag: Tag, *, by: Membership, now: dt.datetime, **fields: Any) -> Changed:
    """Gives it another title, colour or kind. Once it is not assignable, who wears it is escalated and leaves their
    texter's hands; once it is, who wears no other such tag is escalated no more. Raises TitleTaken, Tag.DoesNotExist.
    """
    tag = look_again(tag)
    changed = {name: value for name, value in fields.items() if value != getattr(tag, name)}
    for name, value in changed.items():
        setattr(tag, name, value)
    if not changed:
        return Changed(tag, tag.taggings.count())
    kept(tag)
    audit.record(by.organization, "tag changed", tag.title, by=by, tag=tag.pk, **changed)
    return put_everyone_right(tag, by, now) if "assignable" in changed else Changed(tag, tag.taggings.count())


@transaction.atomic
def delete(tag: Tag, *, by: Membership, now: dt.datetime) -> int:
    """Takes it off everybody and away; returns how many wore it. Raises Tag.DoesNotExist."""
    tag = look_again(tag)
    tag.deleted_at = now
    kept(tag)
    audit.record(by.organization, "tag deleted", tag.title, by=by, tag=tag.pk)
    return put_everyone_right(tag, by, now).worn


def kept(tag: Tag) -> Tag:
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError as error:
        if "one_tag_per_title" not in str(error):
            raise
        raise TitleTaken(tag.title) from error
    return tag


def look_again(tag: Tag) -> Tag:
    """As it is now, locked: whoever is just putting it on is waited for."""
    return Tag.objects.select_for_update().get(pk=tag.pk)


def put_everyone_right(tag: Tag, by: Membership, now: dt.datetime) -> Changed:
    worn = tag.taggings.count()
    act = begun(tag, worn, by, now) if worn and not tag.assignable and tag.deleted_at is None else None
    if worn > AT_ONCE:
        go_on.defer(tag=tag.pk, by=by.pk, handoff=act.pk if act else None)
    else:
        put_right(tag, wearers(tag), act, by, now)
        finish(tag, act, now)
    return Changed(tag, worn, act)


def begun(tag: Tag, worn: int, by: Membership, now: dt.datetime) -> Handoff:
    """The act of a tag that escalates from now on."""
    return opened(by=by, now=now, reason=f"“{tag.title}” escalates from now on", total=worn if worn > AT_ONCE else None)


def wearers(tag: Tag, after: int = 0) -> list[int]:
    """The next of those who wear it, by their ids."""
    worn = Tagging.objects.filter(tag=tag, conversation__gt=after).order_by("conversation")
    return list(worn.values_list("conversation", flat=True)[:BATCH])


def put_right(tag: Tag, ids: Collection[int], act: Handoff | None, by: Membership, now: dt.datetime) -> None:
    """Some of those who wear it."""
    threads = list(Conversation.objects.among(ids).order_by("pk").select_for_update(of=("self",)))
    if tag.deleted_at:
        Tagging.objects.filter(tag=tag, conversation__in=threads).delete()
        Conversation.objects.among(ids).update(changed_in=CurrentTransaction())
    tell(threads)
    if act is None:
        escalating.put_right(threads, by=by, now=now)
        return
    risen = escalating.raised(threads)
    take_out([thread for thread in threads if thread.pk in risen or still_to_leave(thread, act)], act, now)


def still_to_leave(thread: Conversation, act: Handoff) -> bool:
    """It was escalated before, and is in the hands in which the act found it. What was given to somebody since stays:
    they were given it as one that the tag escalates."""
    held = thread.texter_id is not None and (thread.held_since is None or thread.held_since <= act.at)
    return held and thread.escalated and not act.stop_asked


def finish(tag: Tag | None, act: Handoff | None, now: dt.datetime) -> None:
    if tag and tag.deleted_at:
        tag.delete()
    if act:
        stopped = LeftAlone.STOPPED.label in act.left_alone
        act.state, act.finished_at = State.STOPPED if stopped else State.DONE, now
        act.save(update_fields=["state", "finished_at"])


@jobs.task(
    name="put right who wears a tag",
    retry=RetryStrategy(wait=5, max_attempts=60, retry_exceptions=[OperationalError, InterfaceError]),
)
def go_on(tag: int, by: int, handoff: int | None) -> None:
    try:
        go_through(Tag.every.filter(pk=tag).first(), Membership.objects.get(pk=by), handoff)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("Putting right who wears tag %s failed", tag)
        if handoff:
            why = "It stopped at a fault of ours. What it moved is in the record."
            failed = Handoff.objects.filter(pk=handoff)
            failed.update(state=State.FAILED, finished_at=timezone.now(), error=why)
        raise


def go_through(found: Tag | None, member: Membership, handoff: int | None) -> None:
    """Everybody who wears it, batch by batch. An act that is stopped escalates the rest where they are."""
    after = 0
    while found and (ids := wearers(found, after)):
        with transaction.atomic():
            put_right(found, ids, locked(handoff), member, timezone.now())
        after = ids[-1]
        news.tell_watchers(member.organization_id, f"handoff:{handoff}")
    with transaction.atomic():
        finish(found, locked(handoff), timezone.now())
        news.tell_watchers(member.organization_id, f"handoff:{handoff}")


def locked(handoff: int | None) -> Handoff | None:
    """The act as it is now: two runs of one job must not both count from what they remember."""
    return Handoff.objects.select_for_update().get(pk=handoff) if handoff else None
