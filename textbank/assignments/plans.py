"""What somebody wants to change hands, as one value: a page, the API and a command fill in the same one."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Q

from textbank.conversations.filters import Filter, Strangers
from textbank.conversations.models import Action, Conversation, Handoff
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import people
from textbank.organizations.models import Membership


class BadPlan(ValueError):
    """A plan that makes no sense as it stands. `fields` says what is wrong with which part, in words."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


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
    # So many to each of them, in their order; without it, as evenly as cards.
    each: tuple[int, ...] = ()
    include_escalated: bool = False
    include_drafting: bool = False
    limit: int | None = None
    expect: int | None = None
    as_of: Snapshot | None = None
    # A release takes replies that have been idle this long: since the later of the text's arrival and the last hand.
    idle_minutes: int | None = None
    # Of what happens by itself, `by` is only whose eyes it is seen with; the record names who put it on a schedule, or
    # no one.
    made_by: Membership | None = None
    reason: str = ""
    note: str = ""
    client_id: uuid.UUID | None = None

    def check(self) -> None:
        """Raises BadPlan for what contradicts itself, Strangers for ids of another organization."""
        if bool(self.ticked) == (self.filter is not None):
            raise BadPlan(filter="Say which conversations: either a filter, or the conversations themselves.")
        if self.filter is not None and self.filter.empty:
            raise BadPlan(filter="An empty filter would move everything. Choose something first.")
        if self.to_the_pool == bool(self.texters):
            raise BadPlan(texters=self.receivers_wanted())
        if len(set(self.texters)) != len(self.texters):
            raise BadPlan(texters="A texter is named twice.")
        if self.each and (len(self.each) != len(self.texters) or min(self.each) < 1 or self.limit is not None):
            raise BadPlan(each="Say for each of the texters how many, one at least; the limit is their sum.")
        self.refuse_suspended([texter for texter in self.texters if texter.suspended])
        if self.limit is not None and self.limit < 1:
            raise BadPlan(limit="At least one conversation.")
        if self.ticked and self.conversations.count() != len(set(self.ticked)):
            raise Strangers("conversation")

    def refuse_suspended(self, texters: Sequence[Membership]) -> None:
        if texters:
            names = ", ".join(texter.name for texter in texters)
            raise BadPlan(texters=f"Suspended members receive nothing: {names}.")

    @property
    def wanted(self) -> int | None:
        """How many are to be dealt at most; None for all."""
        return sum(self.each) if self.each else self.limit

    @property
    def to_the_pool(self) -> bool:
        return self.action.to_the_pool

    def receivers_wanted(self) -> str:
        if not self.to_the_pool:
            return "Choose at least one texter to receive the conversations."
        return "Unassigning gives to the pool, not to texters."

    @cached_property
    def conversations(self) -> ConversationQuerySet:
        """Those that match, of the viewer's own organization."""
        if self.filter is None:
            return Conversation.objects.visible_to(self.by).among(self.ticked)
        self.filter.refuse_strangers(self.by)
        return Conversation.objects.visible_to(self.by).filter(self.matches)

    def count(self) -> int:
        """How many those are."""
        if self.filter is None:
            return len(set(self.ticked))
        return Conversation.objects.all().named_to(self.by).filter(self.matches).count()

    @cached_property
    def matches(self) -> Q:
        """The condition of the filter and of the release, or of giving back: that it is still theirs. What is true by
        the clock is judged at the moment that was looked at."""
        if self.filter is None:
            return Q(texter=self.by) if self.action == Action.GIVE_BACK else Q()
        looked_at = self.as_of.at if self.as_of else self.now
        found = self.filter.where(self.by, looked_at)
        if self.idle_minutes is None:
            return found
        idle = looked_at - dt.timedelta(minutes=self.idle_minutes)
        return found & Q(waiting_since__lte=idle, held_since__lte=idle)

    def record(self) -> Handoff:
        """The hand-off as it will be written down, before anything has moved."""
        return Handoff(
            organization_id=self.by.organization_id,
            action=self.action,
            by=self.made_by if self.action.by_itself else self.by,
            at=self.now,
            filter=self.filter.as_json() if self.filter else None,
            receivers=[texter.pk for texter in self.texters],
            reason=self.reason,
            note=self.note,
            client_id=self.client_id,
            ticked=list(self.ticked) or None,
            as_of=self.as_of.token() if self.as_of else "",
            expect=self.expect,
            limit=self.limit,
            each=list(self.each) or None,
            idle_minutes=self.idle_minutes,
            include_escalated=self.include_escalated,
            include_drafting=self.include_drafting,
        )

    @classmethod
    def recorded(cls, handoff: Handoff) -> "Plan":
        """The plan that the hand-off was made from."""
        action = Action(handoff.action)
        seen_by = people.owner_of(handoff.organization_id) if action.by_itself else handoff.by
        if seen_by is None:
            raise ValueError(f"Hand-off {handoff.pk} was nobody's plan.")
        members = Membership.objects.select_related("user").in_bulk(handoff.receivers)
        return cls(
            action=action,
            by=seen_by,
            made_by=handoff.by if action.by_itself else None,
            now=handoff.at,
            filter=None if handoff.filter is None else Filter.parse(handoff.filter),
            ticked=tuple(handoff.ticked or ()),
            texters=tuple(members[pk] for pk in handoff.receivers),
            each=tuple(handoff.each or ()),
            include_escalated=handoff.include_escalated,
            include_drafting=handoff.include_drafting,
            limit=handoff.limit,
            expect=handoff.expect,
            as_of=Snapshot.parse(handoff.as_of) if handoff.as_of else None,
            reason=handoff.reason,
            note=handoff.note,
            client_id=handoff.client_id,
            idle_minutes=handoff.idle_minutes,
        )
