"""What a hand-off looks like in an answer, the same from the API and from a command."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, overload

from pydantic import BaseModel

from textbank.assignments.warning import DO_NOT_ASSIGN, OUTSIDE_TEAM, OVER_CAP, SENDS_ONLY
from textbank.conversations.models import Handoff, LeftAlone
from textbank.organizations.models import Membership


class Person(BaseModel):
    id: int
    name: str


class Share(BaseModel):
    texter: Person
    count: int


class Give(BaseModel):
    """`texter` is null for what came from the pool."""

    texter: Person | None
    count: int


class Left(BaseModel):
    reason: str
    count: int


class BeingAnswered(Left):
    """Left alone because these were just answering, most first."""

    by: list[Share]


class Warned(BaseModel):
    texter: Person
    reason: str


class HandoffShape(BaseModel):
    """A hand-off, or with `id` null what one would do now."""

    id: int | None
    action: str
    state: str
    matched: int
    moved: int
    left_alone: list[BeingAnswered | Left]
    shares: list[Share]
    gives: list[Give]
    warnings: list[Warned]
    by: Person | None
    at: dt.datetime
    filter: dict[str, Any] | None
    reason: str
    undoes: int | None
    undone_by: int | None


def answer(act: Handoff) -> HandoffShape:
    """One, with the people it names looked up."""
    return handoff(act, named_in([act]))


def named_in(handoffs: Iterable[Handoff]) -> dict[int, Membership]:
    """Everybody that these hand-offs name, in one statement."""
    ids = {
        int(pk)
        for act in handoffs
        for pk in [*act.shares, *act.gives, *act.answering, *act.receivers, *([act.by_id] if act.by_id else [])]
        if pk
    }
    return Membership.objects.select_related("user").in_bulk(ids)


@overload
def person(member: Membership) -> Person: ...
@overload
def person(member: Membership | None) -> Person | None: ...
def person(member: Membership | None) -> Person | None:
    return Person(id=member.pk, name=member.name) if member else None


def handoff(act: Handoff, people: dict[int, Membership]) -> HandoffShape:
    """`people` are those that `named_in` found; one that is not saved yet is a preview."""

    def named(pk: str) -> Person:
        return Person(id=int(pk), name=people[int(pk)].name)

    return HandoffShape(
        id=act.pk,
        action=act.action,
        state=act.state if act.pk else "preview",
        matched=act.matched,
        moved=act.moved,
        left_alone=[left(act, reason, people) for reason in act.left_alone],
        shares=[Share(texter=named(pk), count=count) for pk, count in in_the_order_dealt(act)],
        gives=[Give(texter=named(pk) if pk else None, count=count) for pk, count in most_first(act.gives)],
        warnings=[Warned(texter=person(who), reason=reason) for who, reason in warnings(act, people)],
        by=person(people[act.by_id]) if act.by_id else None,
        at=act.at,
        filter=act.filter,
        reason=act.reason,
        undoes=act.undoes_id,
        undone_by=undone_by(act),
    )


def in_the_order_dealt(act: Handoff) -> list[tuple[str, int]]:
    """Each receiver's share: as they were chosen, or of an undo, most first."""
    place = {str(pk): number for number, pk in enumerate(act.receivers)}
    return sorted(most_first(act.shares), key=lambda share: place.get(share[0], len(place)))


def most_first(figures: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(figures.items(), key=lambda figure: (-figure[1], figure[0]))


def left(act: Handoff, reason: str, people: Mapping[int, Membership]) -> Left:
    count = act.left_alone[reason]
    if reason != LeftAlone.BEING_ANSWERED.label:
        return Left(reason=reason, count=count)
    by = [Share(texter=person(who), count=number) for who, number in answering(act, people)]
    return BeingAnswered(reason=reason, count=count, by=by)


def answering(act: Handoff, people: Mapping[int, Membership]) -> list[tuple[Membership, int]]:
    """Who was just answering how many of those left alone for it, most first."""
    return sorted(((people[int(pk)], count) for pk, count in act.answering.items()), key=lambda one: -one[1])


def warnings(act: Handoff, people: Mapping[int, Membership]) -> list[tuple[Membership, str]]:
    """What speaks against its receivers without forbidding it, reason after reason."""
    return [(people[pk], reason) for reason, those in act.warnings.items() for pk in those]


# What each of them is called in a sentence that begins with the receiver's name.
AGAINST = {
    DO_NOT_ASSIGN: "is marked “do not assign”",
    OUTSIDE_TEAM: "is in none of the teams that some of these are for alone",
    OVER_CAP: "has more to do with these than they may hold",
    SENDS_ONLY: "sends first messages only: the replies go back to the pool by themselves",
}


def against(act: Handoff, people: Mapping[int, Membership]) -> list[str]:
    """The same as sentences."""
    return [f"{who.name} {AGAINST[reason]}." for who, reason in warnings(act, people)]


def undone_by(act: Handoff) -> int | None:
    # Looked up with the hand-off itself, which a preview is not.
    return act.undone_by.pk if act.pk and hasattr(act, "undone_by") else None
