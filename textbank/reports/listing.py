"""What a row of a list of conversations shows, whatever the size of the page."""

import datetime as dt
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, Direction, Message, Status, Tagging


class LastMessage(NamedTuple):
    direction: str
    text: str
    at: dt.datetime


class Worn(NamedTuple):
    """A tag that a conversation wears."""

    id: int
    title: str
    colour: str
    assignable: bool


WORN = {"id": "tag", "title": "tag__title", "colour": "tag__colour", "assignable": "tag__assignable"}


def order_of(which: Filter, order: str) -> str:
    """The order of pages.ORDERS in which the list stands. Before its first message nothing happens in a conversation:
    by latest activity those are the newest first, which the key gives."""
    if order != "activity":
        return order
    if which.name or which.phone:
        return "activity of a name"
    return "unsent" if which.status == (Status.NEEDS_FIRST_MESSAGE.key,) else order


def listed(conversations: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Each with contact, campaign, texter, last message and tags: no further statement, however many there are."""
    messages = Message.objects.filter(conversation=OuterRef("pk")).order_by("-pk")
    last = messages.values(said=JSONObject(direction="direction", text="text", at="created_at"))[:1]
    tags = Tagging.objects.filter(conversation=OuterRef("pk")).order_by("tag__title")
    return (
        conversations.select_related("contact", "campaign", "texter__user", "pinned_to__user")
        .defer("contact__custom", "campaign__description")
        .annotate(said_last=Subquery(last), worn=ArraySubquery(tags.values(said=JSONObject(**WORN))))
    )


def last_message(conversation: Conversation) -> LastMessage | None:
    """Of a listed conversation."""
    said = vars(conversation)["said_last"]
    if said is None:
        return None
    return LastMessage(Direction(said["direction"]).label, said["text"], dt.datetime.fromisoformat(said["at"]))


def tags(conversation: Conversation) -> list[Worn]:
    """Of a listed conversation, by title."""
    return [Worn(**tag) for tag in vars(conversation)["worn"]]
