"""What a row of a list of conversations shows, whatever the size of the page."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet

from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact
from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, Direction, Status
from textbank.organizations.models import Membership, User
from textbank.prepared import Columns, ids_of


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


def order_of(which: Filter, order: str) -> str:
    """The order of pages.ORDERS in which the list stands. Before its first message nothing happens in a conversation:
    by latest activity those are the newest first, which the key gives."""
    if order != "activity":
        return order
    if which.name or which.phone:
        return "activity of a name"
    if which.escalated == "only":
        return "activity of escalated"
    return "unsent" if which.status == (Status.NEEDS_FIRST_MESSAGE.key,) else order


CONVERSATION = Columns(Conversation, "c")
CONTACT = Columns(Contact, "n", "id", "organization_id", "cell", "first_name", "last_name", "search_name")
CAMPAIGN = Columns(Campaign, "g", "id", "organization_id", "title", "archived_at")
TEXTER, KEEPER = (Columns(Membership, alias) for alias in ("t", "k"))
PERSON = ("id", "email", "first_name", "last_name")
OF_TEXTER, OF_KEEPER = (Columns(User, alias, *PERSON) for alias in ("u", "v"))

LISTED = f"""
select {CONVERSATION}, {CONTACT}, {CAMPAIGN}, {TEXTER}, {OF_TEXTER}, {KEEPER}, {OF_KEEPER},
    said.direction, said.text, said.created_at, (
        select json_agg(json_build_array(w.id, w.title, w.colour, w.assignable) order by w.title)::text
        from conversations_tagging x join organizations_tag w on w.id = x.tag_id where x.conversation_id = c.id
    )
from (select id, row_number() over () as place from ({{ids}}) found (id)) page
    join conversations_conversation c on c.id = page.id
    join contacts_contact n on n.id = c.id
    join campaigns_campaign g on g.id = c.campaign_id
    left join organizations_membership t on t.id = c.texter_id
    left join organizations_user u on u.id = t.user_id
    left join organizations_membership k on k.id = c.pinned_to_id
    left join organizations_user v on v.id = k.user_id
    left join lateral (
        select direction, text, created_at from conversations_message m where m.conversation_id = c.id
        order by m.id desc limit 1
    ) said on true
order by page.place
"""  # noqa: S608 - the names of columns


def listed(conversations: QuerySet[Conversation]) -> list[Conversation]:
    """Each with contact, campaign, holder, last message and tags, in the order of the query: by one statement, however
    many there are. The ORM would take four times as long over it, half of what a page of Message Review takes."""
    sql, given = ids_of(conversations)
    with connection.cursor() as cursor:
        cursor.execute(LISTED.format(ids=sql), given)
        return [as_listed(iter(row)) for row in cursor.fetchall()]


def as_listed(row: Iterator[Any]) -> Conversation:
    conversation = CONVERSATION.take(row)
    conversation.contact, conversation.campaign = CONTACT.take(row), CAMPAIGN.take(row)
    conversation.texter, conversation.pinned_to = member(row, TEXTER, OF_TEXTER), member(row, KEEPER, OF_KEEPER)
    direction, text, at, worn = row
    said = LastMessage(Direction(direction).label, text, at) if at else None
    vars(conversation).update(said_last=said, worn=[Worn(*tag) for tag in json.loads(worn or "[]")])
    return conversation


def member(row: Iterator[Any], columns: Columns[Membership], of_user: Columns[User]) -> Membership | None:
    found, user = columns.take(row), of_user.take(row)
    found.user = user
    return found if found.pk else None


def last_message(conversation: Conversation) -> LastMessage | None:
    """Of a listed conversation."""
    return vars(conversation)["said_last"]  # type: ignore[no-any-return]


def tags(conversation: Conversation) -> list[Worn]:
    """Of a listed conversation, by title."""
    return vars(conversation)["worn"]  # type: ignore[no-any-return]
