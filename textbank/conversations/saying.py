"""A filter as a sentence: "Active campaigns · needs first message · unassigned · in Saturday canvass"."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from textbank.conversations.filters import SUSPENDED, UNASSIGNED, Filter
from textbank.conversations.models import Status
from textbank.organizations.models import Membership


class Part(NamedTuple):
    """Some words of the sentence. `key` and `value` are what to take away with `Filter.without`; no key: it stays."""

    words: str
    key: str = ""
    value: object = None


Names = Mapping[tuple[str, int], str]


def parts(which: Filter, viewer: Membership) -> list[Part]:
    """The sentence in its parts: at most one statement. What has been deleted since is said to be gone."""
    return with_names(which, which.names(viewer))


def with_names(which: Filter, names: Names) -> list[Part]:
    """The same for who knows the names already: what `Filter.names` found."""
    return [
        *campaigns(which, names),
        *where_it_stands(which),
        *holders(which, names),
        *marks(which, names),
        *who(which),
    ]


def sentence(which: Filter, viewer: Membership) -> str:
    return " · ".join(part.words for part in parts(which, viewer))


def campaigns(which: Filter, names: Names) -> Iterator[Part]:
    states = set(which.campaign_state)
    if states == {"active"}:
        yield Part("Active campaigns")
    else:
        yield Part(
            "Archived campaigns" if states == {"archived"} else "Active and archived campaigns", "campaign_state"
        )
    yield from each("campaign", [f"in {called('campaign', pk, names)}" for pk in which.campaign], which.campaign)
    yield from each(
        "not_campaign", [f"not in {called('campaign', pk, names)}" for pk in which.not_campaign], which.not_campaign, ""
    )


def where_it_stands(which: Filter) -> Iterator[Part]:
    yield from each("status", [Status.named(key).label.lower() for key in which.status], which.status)
    if which.waiting_minutes is not None:
        yield Part(f"waiting {duration(which.waiting_minutes)} or longer", "waiting_minutes")


def holders(which: Filter, names: Names) -> Iterator[Part]:
    words = {UNASSIGNED: "unassigned", SUSPENDED: "held by suspended texters"}
    held = [words.get(str(pk)) or f"held by {called('texter', pk, names)}" for pk in which.texter]
    yield from each("texter", held, which.texter)
    yield from each("team", [f"held by team {called('team', pk, names)}" for pk in which.team], which.team)
    others = {UNASSIGNED: "held by somebody", SUSPENDED: "not held by suspended texters"}
    not_held = [others.get(str(pk)) or f"not held by {called('texter', pk, names)}" for pk in which.not_texter]
    yield from each("not_texter", not_held, which.not_texter, "")


def marks(which: Filter, names: Names) -> Iterator[Part]:
    if set(which.opted_out) != {False}:
        yield Part("opted out" if set(which.opted_out) == {True} else "opted out or not", "opted_out")
    if which.escalated != "include":
        yield Part("escalated" if which.escalated == "only" else "not escalated", "escalated")
    yield from each("tag", [f"tagged {called('tag', pk, names)}" for pk in which.tag], which.tag)
    yield from each("not_tag", [f"not tagged {called('tag', pk, names)}" for pk in which.not_tag], which.not_tag, "")


def who(which: Filter) -> Iterator[Part]:
    if which.name:
        yield Part(f"named “{which.name}…”", "name")
    if which.phone:
        whole = which.phone.startswith("+")
        yield Part(f"number {which.phone}" if whole else f"number ending in {which.phone}", "phone")


def each(key: str, said: list[str], values: tuple[object, ...], between: str = "or ") -> Iterator[Part]:
    """A part for each value: of several, any will do, unless they are values that will not do."""
    for place, (words, value) in enumerate(zip(said, values, strict=True)):
        yield Part((between if place else "") + words, key, value)


def called(kind: str, pk: object, names: Names) -> str:
    return names.get((kind, int(str(pk))), f"a {kind} that is gone")


def duration(minutes: int) -> str:
    """90 is "90 minutes", 60 "an hour", 1440 "a day"."""
    for unit, name, one in ((1440, "days", "a day"), (60, "hours", "an hour")):
        if minutes and minutes % unit == 0:
            return one if minutes == unit else f"{minutes // unit:,} {name}"
    return "a minute" if minutes == 1 else f"{minutes:,} minutes"
