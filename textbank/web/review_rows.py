"""A line of the list, and the mark it gets when it is another one than when the list was read."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from textbank.conversations.models import Conversation
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot, UnchangedSince
from textbank.organizations.models import Membership
from textbank.reports import changes, listing
from textbank.reports.changes import Change
from textbank.reports.listing import LastMessage, Worn


class Mark(NamedTuple):
    """When it changed and by whom, as far as that is known, and whether the filter still finds it."""

    at: dt.datetime | None
    by: str
    matches: bool


class Row(NamedTuple):
    """`key` is the id as it stands in the page five times: a template would spell a number anew for each."""

    conversation: Conversation
    last: LastMessage | None
    tags: list[Worn]
    key: str
    mark: Mark | None = None


def rows(threads: Sequence[Conversation], marks: dict[int, Mark] | None = None) -> list[Row]:
    """Of listed conversations."""
    marks = marks or {}
    return [Row(one, listing.last_message(one), listing.tags(one), str(one.pk), marks.get(one.pk)) for one in threads]


def changed_since(seen: Snapshot, ids: Collection[int]) -> ConversationQuerySet:
    return Conversation.objects.among(ids).exclude(UnchangedSince("changed_in", seen))


def marks(
    threads: Sequence[Conversation], matching: ConversationQuerySet, viewer: Membership, seen: Snapshot
) -> dict[int, Mark]:
    """For each of these, which all changed after the list was `seen`: three statements, or none for none."""
    if not threads:
        return {}
    ids = [thread.pk for thread in threads]
    still = set(matching.among(ids).values_list("pk", flat=True))
    last = changes.latest(ids, seen.at)
    return {one.pk: mark(one, last.get(one.pk), one.pk in still, viewer, seen) for one in threads}


def mark(thread: Conversation, change: Change | None, matches: bool, viewer: Membership, seen: Snapshot) -> Mark:
    worked_at = thread.worked_at if thread.worked_at and thread.worked_at >= seen.at else None
    # What was done last may be what keeps no name: a closing, a tag taken off.
    if change is None or (worked_at and worked_at > change.at):
        return Mark(worked_at, "", matches)
    by = "you" if change.by == viewer else change.by.name if change.by else ""
    return Mark(change.at, thread.contact.first_name if change.by_contact else by, matches)
