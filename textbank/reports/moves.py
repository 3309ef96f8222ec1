"""What a hand-off did with each of its conversations: together for a picture, one by one for a list and an export."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from textbank.contacts.reading import csv_safe
from textbank.conversations.models import Handoff, LeftAlone, Move
from textbank.conversations.uploading import csv_line
from textbank.organizations.models import Membership

# What of a hand-off may be asked for: those that moved, or those left alone for a reason.
PARTS = ("moved", *(reason.label for reason in LeftAlone))


@dataclass(frozen=True, slots=True)
class Flow:
    """So many conversations from these hands to those; nobody's hands are the pool."""

    giver: int | None
    receiver: int | None
    count: int


def flows(act: Handoff) -> list[Flow]:
    """Who gave how many to whom, most first, in one statement."""
    pairs = act.moves.filter(left_alone=None).order_by().values_list("giver", "receiver").annotate(count=Count("*"))
    return sorted((Flow(*pair) for pair in pairs), key=lambda flow: -flow.count)


def listed(act: Handoff, reason: str = "") -> QuerySet[Move]:
    """Its moves; of a reason (“escalated”) those that it left alone for it, of “moved” those that moved."""
    if not reason:
        return act.moves.all()
    if reason == "moved":
        return act.moves.filter(left_alone=None)
    return act.moves.filter(left_alone__in=[one for one in LeftAlone if one.label == reason])


def dressed(moves: QuerySet[Move]) -> QuerySet[Move]:
    """Each with its contact, campaign and people."""
    return moves.select_related("conversation__contact", "conversation__campaign", "giver__user", "receiver__user")


HEADINGS = ["conversation", "campaign", "first_name", "last_name", "cell", "from", "to", "left_alone", "at"]
AT_A_TIME = 1000


def as_csv(act: Handoff) -> Iterator[str]:
    """Every move as a line, in the order they happened, a thousand in memory at a time."""
    yield csv_line(HEADINGS)
    after = 0
    while chunk := list(dressed(act.moves.filter(pk__gt=after)).order_by("pk")[:AT_A_TIME]):
        yield "".join(csv_line(map(csv_safe, cells(move))) for move in chunk)
        after = chunk[-1].pk


def cells(move: Move) -> list[str]:
    contact, stays = move.conversation.contact, move.left_alone
    return [
        str(move.conversation_id),
        move.conversation.campaign.title,
        contact.first_name,
        contact.last_name,
        contact.cell,
        hands(move.giver),
        "" if stays else hands(move.receiver),
        LeftAlone(stays).label if stays else "",
        move.at.isoformat(timespec="seconds"),
    ]


def hands(member: Membership | None) -> str:
    return member.name if member else "the pool"
