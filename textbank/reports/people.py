"""What a member looks like in an answer, the same from the API and from a command."""

from pydantic import BaseModel

from textbank.assignments.leaving import Left
from textbank.organizations.models import Approval, Membership, Role
from textbank.reports.answers import HandoffShape, Person, answer
from textbank.reports.holding import Held, held_by


class Open(BaseModel):
    """What waits in somebody's hands."""

    needs_first_message: int
    needs_response: int


class InTeam(BaseModel):
    id: int
    title: str


class Member(Person):
    """`cap` is how many open conversations the pools give them to hold at most; null is no limit."""

    email: str
    role: str
    suspended: bool
    approval: str
    sends_only: bool
    cap: int | None
    teams: list[InTeam]
    open: Open


class Suspended(Member):
    """Somebody who was just shut out, and the hand-off of what they had, if anything was handed on."""

    handoff: HandoffShape | None


def member(who: Membership, held: Held) -> Member:
    """Of many, their teams should have been read along."""
    teams = sorted(who.teams.all(), key=lambda team: (team.priority, team.title))
    return Member(
        id=who.pk,
        name=who.name,
        email=who.user.email,
        role=Role(who.role).key,
        suspended=who.suspended,
        approval=Approval(who.approval).key,
        sends_only=who.sends_only,
        cap=who.cap,
        teams=[InTeam(id=team.pk, title=team.title) for team in teams],
        open=Open(needs_first_message=held.first_messages, needs_response=held.replies),
    )


def one(who: Membership) -> Member:
    return member(who, held_by([who.pk])[who.pk])


def suspended(left: Left) -> Suspended:
    return Suspended(**one(left.member).model_dump(), handoff=answer(left.handoff) if left.handoff else None)
