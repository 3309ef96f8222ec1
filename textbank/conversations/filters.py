"""One filter for the screen, the address, the API, the commands and the record.

It refuses what it does not know: a misspelt filter would match everything, and then be reassigned.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from textbank.campaigns.models import Campaign
from textbank.conversations.models import Conversation, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Tag

UNASSIGNED = "unassigned"
STATUSES = tuple(status.key for status in Status)
CAMPAIGN_STATES = ("active", "archived")
TRUTHS = {"false": False, "true": True}
ESCALATED = ("include", "only", "exclude")
ORDERS = ("activity", "waiting")


class BadFilter(ValueError):
    """A filter that cannot be understood. `fields` says, key by key, what is wrong, in words."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class Strangers(LookupError):
    """Ids that are not of the organization: for whoever asks they do not exist."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations are meant. Absent keys mean: active campaigns, not opted out, everything else included."""

    campaign: tuple[int, ...] = ()
    not_campaign: tuple[int, ...] = ()
    campaign_state: tuple[str, ...] = ("active",)
    status: tuple[str, ...] = ()
    texter: tuple[int | str, ...] = ()
    not_texter: tuple[int | str, ...] = ()
    opted_out: tuple[bool, ...] = (False,)
    tag: tuple[int, ...] = ()
    not_tag: tuple[int, ...] = ()
    escalated: str = "include"
    waiting_minutes: int | None = None
    # The keys that were chosen at all; a filter with none is empty, and moves nothing.
    chosen: frozenset[str] = field(default=frozenset(), compare=False)

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> "Filter":
        """From an address's query or from JSON. Raises BadFilter with every fault at once."""
        read: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for key, values in spelt_out(said):
            try:
                read[key] = READERS[key](values)
            except KeyError:
                wrong[key] = f"“{key}” is not a filter. There are: {', '.join(READERS)}."
            except ValueError as error:
                wrong[key] = f"{key}: {error}"
        if wrong:
            raise BadFilter(wrong)
        return cls(**read, chosen=frozenset(read))

    @property
    def empty(self) -> bool:
        return not self.chosen

    def conversations(self, viewer: Membership, now: dt.datetime) -> ConversationQuerySet:
        """Those of the viewer's own that match; what the clock decides is decided at `now`. Raises Strangers."""
        self.refuse_strangers(viewer)
        return Conversation.objects.visible_to(viewer).filter(self.where(viewer, now))

    def refuse_strangers(self, viewer: Membership) -> None:
        """Raises Strangers if a campaign, member or tag that is named is not of the viewer's organization.

        Passed over in silence, a wrong id under “not” would let everything match. A statement for each kind named.
        """
        organization = viewer.organization_id
        for kind, ids in (
            (Campaign, {*self.campaign, *self.not_campaign}),
            (Membership, {*self.texter, *self.not_texter} - {UNASSIGNED}),
            (Tag, {*self.tag, *self.not_tag}),
        ):
            if ids and kind.objects.filter(organization=organization, pk__in=ids).count() != len(ids):  # type: ignore[attr-defined]
                raise Strangers(kind._meta.verbose_name)

    def where(self, viewer: Membership, now: dt.datetime) -> Q:
        """The condition, over everything the filter says."""
        return Q(
            self.where_campaign(viewer),
            self.where_holder(),
            self.where_tags(),
            Q(status__in=[Status.named(key) for key in self.status]) if self.status else Q(),
            Q(opted_out=self.opted_out[0]) if len(set(self.opted_out)) == 1 else Q(),
            Q(escalated=self.escalated == "only") if self.escalated != "include" else Q(),
            self.where_waiting(now),
        )

    def where_campaign(self, viewer: Membership) -> Q:
        campaigns = Campaign.objects.filter(organization_id=viewer.organization_id)
        if set(self.campaign_state) != set(CAMPAIGN_STATES):
            campaigns = campaigns.filter(archived_at__isnull="active" in self.campaign_state)
        if self.campaign:
            campaigns = campaigns.filter(pk__in=self.campaign)
        if self.not_campaign:
            campaigns = campaigns.exclude(pk__in=self.not_campaign)
        # Their ids, not a join: the count is then one range of one index for each.
        return Q(campaign__in=list(campaigns.values_list("pk", flat=True)))

    def where_holder(self) -> Q:
        return (held_by(self.texter) if self.texter else Q()) & (~held_by(self.not_texter) if self.not_texter else Q())

    def where_tags(self) -> Q:
        # Sub-selects, not joins: two matching tags must not count a conversation twice.
        tagged = Conversation.objects.filter(taggings__tag__in=self.tag).values("pk")
        barred = Conversation.objects.filter(taggings__tag__in=self.not_tag).values("pk")
        return (Q(pk__in=tagged) if self.tag else Q()) & (~Q(pk__in=barred) if self.not_tag else Q())

    def where_waiting(self, now: dt.datetime) -> Q:
        if self.waiting_minutes is None:
            return Q()
        return Q(waiting_since__lte=now - dt.timedelta(minutes=self.waiting_minutes))

    def as_json(self) -> dict[str, Any]:
        """The chosen keys, as they can be given to `parse` again."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name in self.chosen}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in said.items()}

    def as_query(self) -> str:
        """The chosen keys as the query of an address."""
        query = QueryDict(mutable=True)
        for key, value in self.as_json().items():
            query.setlist(key, [spell(one) for one in (value if isinstance(value, list) else [value])])
        return query.urlencode()


def held_by(texters: Iterable[int | str]) -> Q:
    held = Q(texter__in=[texter for texter in texters if texter != UNASSIGNED])
    return held | Q(texter=None) if UNASSIGNED in texters else held


def spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def spelt_out(said: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    """Each key with its values as text: repeated, separated by commas, or a list in JSON."""
    for key in said:
        values = said.getlist(key) if isinstance(said, QueryDict) else said[key]
        values = values if isinstance(values, list) else [values]
        yield key, [part.strip() for value in values for part in spell(value).split(",")]


def number(value: str) -> int:
    if not value.isdecimal() or len(value) > 18:
        raise ValueError(f"“{value}” is not a number.")
    return int(value)


def one_of(words: Iterable[str], value: str) -> str:
    if value not in words:
        raise ValueError(f"“{value}” is none of {', '.join(words)}.")
    return value


def single(values: list[str]) -> str:
    if len(values) != 1:
        raise ValueError("takes one value.")
    return values[0]


def numbers(values: list[str]) -> tuple[int, ...]:
    return tuple(number(value) for value in values)


def holders(values: list[str]) -> tuple[int | str, ...]:
    return tuple(value if value == UNASSIGNED else number(value) for value in values)


READERS: dict[str, Callable[[list[str]], Any]] = {
    "campaign": numbers,
    "not_campaign": numbers,
    "campaign_state": lambda values: tuple(one_of(CAMPAIGN_STATES, value) for value in values),
    "status": lambda values: tuple(one_of(STATUSES, value) for value in values),
    "texter": holders,
    "not_texter": holders,
    "opted_out": lambda values: tuple(TRUTHS[one_of(TRUTHS, value)] for value in values),
    "tag": numbers,
    "not_tag": numbers,
    "escalated": lambda values: one_of(ESCALATED, single(values)),
    "waiting_minutes": lambda values: number(single(values)),
}
