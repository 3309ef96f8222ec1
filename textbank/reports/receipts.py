"""What a hand-off did, or would do, in sentences for whoever asked for it."""

from collections.abc import Mapping
from dataclasses import dataclass

from textbank.conversations.models import Action, Handoff, LeftAlone, State
from textbank.organizations.models import Membership
from textbank.reports.answers import answering, named_in


@dataclass(frozen=True, slots=True)
class Left:
    """So many conversations that stay where they are; `why` goes behind the number: “3 escalated”."""

    reason: str
    count: int
    why: str


WHY = {
    LeftAlone.STOPPED: "not reached before it was stopped",
    LeftAlone.CHANGED: "changed since they were looked at",
    LeftAlone.OPTED_OUT: "opted out",
    LeftAlone.CAMPAIGN_ARCHIVED: "in an archived campaign",
    LeftAlone.PINNED: "pinned to their texter",
    LeftAlone.ESCALATED: "escalated",
    LeftAlone.CLOSED: "closed",
    LeftAlone.BEING_ANSWERED: "being answered at that moment",
    LeftAlone.ALREADY_THEIRS: "already where they would go",
    LeftAlone.MOVED_AGAIN: "moved again since",
    LeftAlone.WORKED_ON: "worked on since",
    LeftAlone.GONE: "of somebody who is suspended",
}
BY_LABEL = {reason.label: words for reason, words in WHY.items()}
# Of a preview, where it is not past yet.
JUST_NOW = {LeftAlone.BEING_ANSWERED.label: "being answered just now"}

# What became of those that moved, behind “1,190 conversations”.
DONE = {
    Action.OPENING: "handed out at the start",
    Action.REASSIGN: "reassigned",
    Action.UNASSIGN: "unassigned",
    Action.RELEASE_UNSENT: "released",
    Action.RELEASE_UNREPLIED: "released",
    Action.RELEASE_UNHANDLED: "released",
    Action.AUTOMATIC_RELEASE: "released",
    Action.SCHEDULED_RELEASE: "released",
    Action.REQUEST: "given from the pool",
    Action.GIVE_BACK: "given back",
    Action.DONE_FOR_THE_DAY: "given back",
    Action.ESCALATE: "escalated",
    Action.UNDO: "given back",
}

NOTHING = {
    State.RUNNING: "Nothing has moved yet.",
    State.DONE: "Nothing moved.",
    State.STOPPED: "It was stopped before anything moved.",
    State.FAILED: "It failed before anything moved.",
}


def said(act: Handoff) -> str:
    """What happened, or of a preview what would, in one sentence; what moves nothing says so."""
    moved = counted(act.moved, "conversation")
    if not act.pk:
        return f"{moved} would be {DONE[Action(act.action)]}." if act.moved else "Nothing would move."
    there = act.left_alone.get(LeftAlone.ALREADY_THEIRS.label, 0)
    if act.action == Action.ESCALATE and there and not act.moved:
        return f"{counted(there, 'conversation')} in the pool {'was' if there == 1 else 'were'} escalated."
    if not act.moved:
        return NOTHING[State(act.state)]
    ended = {State.STOPPED: ", then it was stopped", State.FAILED: ", then it failed"}.get(State(act.state), "")
    so_far = " so far" if act.state == State.RUNNING else ""
    return f"{moved} {DONE[Action(act.action)]}{so_far}{ended}."


def left_alone(act: Handoff) -> list[Left]:
    """What stays, and why, most first."""
    figures = sorted(act.left_alone.items(), key=lambda figure: -figure[1])
    why = BY_LABEL if act.pk else BY_LABEL | JUST_NOW
    return [Left(reason, count, why[reason]) for reason, count in figures if count]


def in_words(act: Handoff, people: Mapping[int, Membership] | None = None) -> list[str]:
    """What was left alone as the lines of a receipt: “3 escalated”, “2 being answered at that moment — Tess Doe 2”.

    Who answers is looked up, where anybody does, unless `people` has them.
    """
    return [f"{left.count:,} {left.why}{by_whom(act, people, left.reason)}" for left in left_alone(act)]


def by_whom(act: Handoff, people: Mapping[int, Membership] | None, reason: str) -> str:
    if reason != LeftAlone.BEING_ANSWERED.label or not act.answering:
        return ""
    known = named_in([act]) if people is None else people
    return f" — {', '.join(f'{who.name} {count:,}' for who, count in answering(act, known))}"


def counted(number: int, noun: str) -> str:
    """1 conversation, 1,190 conversations."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def of_each_kind(first_messages: int, replies: int) -> str:
    """41 first messages and 3 replies."""
    parts = [
        counted(first_messages, "first message") if first_messages else "",
        f"{replies:,} {'reply' if replies == 1 else 'replies'}" if replies else "",
    ]
    return " and ".join(filter(None, parts)) or "nothing"
