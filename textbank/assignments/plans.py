"""What somebody wants to change hands, as one value: a page, the API and a command fill in the same one."""

import datetime as dt
import uuid
from dataclasses import dataclass
from functools import cached_property

from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Conversation, Handoff
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership


class BadPlan(ValueError):
    """A plan that makes no sense as it stands. `fields` says what is wrong with which part, in words."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


class Strangers(LookupError):
    """Members or conversations that are not of the organization: for whoever asks they do not exist."""


@dataclass(frozen=True)
class Plan:
    """Which conversations, to whom, and what is to be left alone.

    Either `filter` or `ticked` says which. `as_of` is what the admin looked at: what changed since stays.
    `expect` is the number that was shown: never more is moved.
    """

    action: Action
    by: Membership
    now: dt.datetime
    filter: Filter | None = None
    ticked: tuple[int, ...] = ()
    texters: tuple[Membership, ...] = ()
    include_escalated: bool = False
    include_drafting: bool = False
    limit: int | None = None
    expect: int | None = None
    as_of: Snapshot | None = None
    reason: str = ""
    note: str = ""
    client_id: uuid.UUID | None = None

    def check(self) -> None:
        """Raises BadPlan for what contradicts itself, Strangers for ids of another organization."""
        if bool(self.ticked) == (self.filter is not None):
            raise BadPlan(filter="Say which conversations: either a filter, or the conversations themselves.")
        if self.filter is not None and self.filter.empty:
            raise BadPlan(filter="An empty filter would move everything. Choose something first.")
        if (self.action == Action.REASSIGN) != bool(self.texters):
            raise BadPlan(texters=self.receivers_wanted())
        if len(set(self.texters)) != len(self.texters):
            raise BadPlan(texters="A texter is named twice.")
        suspended = [texter.name for texter in self.texters if texter.suspended]
        if suspended:
            raise BadPlan(texters=f"Suspended members receive nothing: {', '.join(suspended)}.")
        if self.limit is not None and self.limit < 1:
            raise BadPlan(limit="At least one conversation.")
        if self.ticked and self.conversations.count() != len(set(self.ticked)):
            raise Strangers("conversation")

    def receivers_wanted(self) -> str:
        if self.action == Action.REASSIGN:
            return "Choose at least one texter to receive the conversations."
        return "Unassigning gives to the pool, not to texters."

    @cached_property
    def conversations(self) -> ConversationQuerySet:
        """Those that match, of the viewer's own organization."""
        if self.filter is not None:
            # What is true by the clock is judged at the moment that was looked at.
            return self.filter.conversations(self.by, self.as_of.at if self.as_of else self.now)
        return Conversation.objects.visible_to(self.by).filter(pk__in=self.ticked)

    def record(self) -> Handoff:
        """The hand-off as it will be written down, before anything has moved."""
        return Handoff(
            organization_id=self.by.organization_id,
            action=self.action,
            by=self.by,
            at=self.now,
            filter=self.filter.as_json() if self.filter else None,
            receivers=[texter.pk for texter in self.texters],
            reason=self.reason,
            note=self.note,
            client_id=self.client_id,
        )
