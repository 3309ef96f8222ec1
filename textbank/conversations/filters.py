"""One filter for the screen, the address, the API, the commands and the record.

It refuses what it does not know: a misspelt filter would match everything, and then be reassigned.
"""

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Cast, Concat, Trim
from django.http import QueryDict

from textbank.campaigns.models import Campaign
from textbank.contacts.folding import words
from textbank.conversations.models import Conversation, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Tag, Team

UNASSIGNED, SUSPENDED = "unassigned", "suspended"
NOT_MEMBERS = {UNASSIGNED, SUSPENDED}  # who may be meant by “texter” without being one
STATUSES = tuple(status.key for status in Status)
CAMPAIGN_STATES = ("active", "archived")
TRUTHS = {"false": False, "true": True}
ESCALATED = ("include", "only", "exclude")
ORDERS = ("activity", "waiting", "name")
# What is one value however many commas are in it.
WHOLE = {"name", "phone"}
FEWEST_DIGITS, MOST_DIGITS = 4, 15
LONGEST_NAME = 200
LONGEST_WAIT = 60 * 24 * 3653  # minutes


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
    team: tuple[int, ...] = ()
    opted_out: tuple[bool, ...] = (False,)
    tag: tuple[int, ...] = ()
    not_tag: tuple[int, ...] = ()
    escalated: str = "include"
    name: str = ""
    phone: str = ""
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
                read[key] = READERS[key](some(values))
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
        return self.known(viewer, now)

    def known(self, viewer: Membership, now: dt.datetime) -> ConversationQuerySet:
        """The same, of a filter whose names have been looked up and found to be the viewer's."""
        return Conversation.objects.visible_to(viewer).filter(self.where(viewer, now))

    def count(self, viewer: Membership, now: dt.datetime) -> int:
        """How many those are. Raises Strangers."""
        self.refuse_strangers(viewer)
        return Conversation.objects.all().named_to(viewer).filter(self.where(viewer, now)).count()

    def refuse_strangers(self, viewer: Membership) -> None:
        """Raises Strangers if a campaign, member, team or tag that is named is not of the viewer's organization.

        Passed over in silence, a wrong id under “not” would let everything match.
        """
        if gone := self.gone(self.names(viewer)):
            raise Strangers(gone[0])

    def gone(self, names: Mapping[tuple[str, int], str]) -> list[str]:
        """Of what kind the ids are that have no name."""
        return [kind for kind, ids in self.named().items() if any((kind, pk) not in names for pk in ids)]

    def named(self) -> dict[str, set[int | str]]:
        """The ids that are said, by what they are of."""
        return {
            "campaign": {*self.campaign, *self.not_campaign},
            "texter": {*self.texter, *self.not_texter} - NOT_MEMBERS,
            "team": set(self.team),
            "tag": {*self.tag, *self.not_tag},
        }

    def names(self, viewer: Membership) -> dict[tuple[str, int], str]:
        """What the campaigns, members, teams and tags that are said are called, as far as they are the viewer's: at
        most one statement."""
        return names_of([self], viewer)

    def without(self, key: str, value: object = None) -> "Filter":
        """The same without a key, or without one of its values."""
        said = self.as_json()
        left = [one for one in said[key] if one != value] if value is not None and isinstance(said[key], list) else []
        del said[key]
        return Filter.parse({**said, key: left} if left else said)

    def where(self, viewer: Membership, now: dt.datetime) -> Q:
        """The condition, over everything the filter says."""
        return Q(
            self.where_campaign(viewer),
            self.where_holder(viewer),
            self.where_tags(),
            self.where_contact(viewer),
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
        ids = campaigns.values_list("pk", flat=True)
        # Their ids, not a join: the count is then one range of one index for each. What is escalated has an index of
        # its own, and is little.
        return Q(campaign__in=ids if self.escalated == "only" else list(ids))

    def where_holder(self, viewer: Membership) -> Q:
        held = held_by(self.texter, viewer) if self.texter else Q()
        if self.team:
            members = Membership.objects.filter(teams__in=self.team).values_list("pk", flat=True)
            held &= Q(texter__in=set(members))
        return held & ~held_by(self.not_texter, viewer) if self.not_texter else held

    def where_contact(self, viewer: Membership) -> Q:
        named = Q(contact__search_name__begin_words=words(self.name)) if self.name else Q()
        if not self.phone:
            return named
        contact = Q(contact__organization=viewer.organization_id)
        if self.phone.startswith("+"):
            return named & contact & Q(contact__cell=self.phone)
        return named & contact & Q(contact__cell__reverse__startswith=self.phone[::-1])

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


def names_of(filters: Iterable[Filter], viewer: Membership) -> dict[tuple[str, int], str]:
    """What is said in any of the filters, by name, and of tags the colour: at most one statement for all of them."""
    full_name = Trim(Concat("user__first_name", Value(" "), "user__last_name"))
    kinds: dict[str, tuple[Any, Any]] = {
        "campaign": (Campaign.objects, F("title")),
        "texter": (Membership.objects, full_name),
        "team": (Team.objects, F("title")),
        "tag": (Tag.objects, F("title")),
        "colour": (Tag.objects, F("colour")),
    }
    named = [{**said, "colour": said["tag"]} for said in (which.named() for which in filters)]
    asked = [
        of.filter(organization=viewer.organization_id, pk__in=ids)
        .order_by()
        .values_list(Value(kind), "pk", Cast(title, TextField()))
        for kind, (of, title) in kinds.items()
        if (ids := set[int | str]().union(*(said[kind] for said in named)))
    ]
    found = asked[0].union(*asked[1:], all=True) if asked else ()
    return {(kind, pk): name for kind, pk, name in found}


def held_by(texters: Collection[int | str], viewer: Membership) -> Q:
    members = {texter for texter in texters if texter not in NOT_MEMBERS}
    if SUSPENDED in texters:
        gone = Membership.objects.filter(organization_id=viewer.organization_id, suspended_at__isnull=False)
        members |= set(gone.values_list("pk", flat=True))
    held = Q(texter__in=members)
    return held | Q(texter=None) if UNASSIGNED in texters else held


def spell(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def spelt_out(said: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    """Each key with its values as text: repeated, separated by commas, or a list in JSON."""
    for key in said:
        values = said.getlist(key) if isinstance(said, QueryDict) else said[key]
        values = values if isinstance(values, list) else [values]
        yield key, [part.strip() for value in values for part in parts(key, spell(value))]


def parts(key: str, value: str) -> list[str]:
    return [value] if key in WHOLE else value.split(",")


def number(value: str) -> int:
    if not value.isdecimal() or len(value) > 18:
        raise ValueError(f"“{value}” is not a number.")
    return int(value)


def one_of(words: Iterable[str], value: str) -> str:
    if value not in words:
        raise ValueError(f"“{value}” is none of {', '.join(words)}.")
    return value


def some(values: list[str]) -> list[str]:
    """A key that says nothing would count as chosen, and match everything."""
    if not values:
        raise ValueError("takes at least one value.")
    return values


def single(values: list[str]) -> str:
    if len(values) != 1:
        raise ValueError("takes one value.")
    return values[0]


def numbers(values: list[str]) -> tuple[int, ...]:
    return tuple(number(value) for value in values)


def holders(values: list[str]) -> tuple[int | str, ...]:
    return tuple(value if value in NOT_MEMBERS else number(value) for value in values)


def minutes(value: str) -> int:
    found = number(value)
    if found > LONGEST_WAIT:
        raise ValueError("Nobody waits for longer than ten years.")
    return found


def name(value: str) -> str:
    # A name without a word would match everybody.
    if not words(value) or not value.isprintable():
        raise ValueError("Write the beginning of a name.")
    if len(value) > LONGEST_NAME:
        raise ValueError("That is longer than any name.")
    return value


def phone(value: str) -> str:
    """The digits alone, with the plus before them if they are a whole number."""
    digits = "".join(one for one in value if one in "0123456789")
    if not re.fullmatch(r"\+?[0-9 ().\-]+", value) or not FEWEST_DIGITS <= len(digits) <= MOST_DIGITS:
        raise ValueError(f"Give the whole number, or at least its last {FEWEST_DIGITS} digits.")
    return f"+{digits}" if value.startswith("+") else digits


READERS: dict[str, Callable[[list[str]], Any]] = {
    "campaign": numbers,
    "not_campaign": numbers,
    "campaign_state": lambda values: tuple(one_of(CAMPAIGN_STATES, value) for value in values),
    "status": lambda values: tuple(one_of(STATUSES, value) for value in values),
    "texter": holders,
    "not_texter": holders,
    "team": numbers,
    "opted_out": lambda values: tuple(TRUTHS[one_of(TRUTHS, value)] for value in values),
    "tag": numbers,
    "not_tag": numbers,
    "escalated": lambda values: one_of(ESCALATED, single(values)),
    "name": lambda values: name(single(values)),
    "phone": lambda values: phone(single(values)),
    "waiting_minutes": lambda values: minutes(single(values)),
}
