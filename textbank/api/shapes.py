"""What things look like in an answer, and what any request may hold."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Generic, TypeVar
from zoneinfo import available_timezones

from django.db.models import Model
from django.http import HttpRequest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt

from textbank.campaigns import scripting
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Upload
from textbank.conversations.models import Answer, Conversation, LeftAlone, Message, Move, Note, Status, Tagging
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports import listing
from textbank.reports.answers import Person, person
from textbank.reports.counts import Counts
from textbank.reports.pages import MOST, Page

T = TypeVar("T")
M = TypeVar("M", bound=Model)

Id = Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Rows of a page.")]
After = Annotated[str, Field(description="Where the page begins: it is in the address that “next” gives.")]


def ids(said: list[str]) -> list[int]:
    """Ids in an address, each once, whether they were repeated or set apart by commas."""
    words = [word.strip() for value in said for word in value.split(",")]
    wrong = next((word for word in words if not (word.isascii() and word.isdigit() and len(word) < 19)), None)
    if wrong is not None:
        raise ValueError(f"“{wrong}” is not an id.")
    return list(dict.fromkeys(map(int, words)))


Ids = Annotated[
    list[str],
    AfterValidator(ids),
    Field(max_length=1000, json_schema_extra={"items": {"type": "integer", "minimum": 1}}),
]


def one_of(words: Iterable[str]) -> Callable[[str], str]:
    """For words that only the program knows: one of them, or a sentence that says which there are."""
    known = list(words)

    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"“{word}” is none of {', '.join(known)}.")
        return word

    return check


def known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"“{name}” is not a time zone. One is called America/New_York, for example.")
    return name


Zone = Annotated[str, AfterValidator(known_zone)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]


class Said(BaseModel):
    """A request's body: every key is known, or it is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Titled(BaseModel):
    id: int
    title: str


class Listed(BaseModel, Generic[T]):
    """A page of a list. `count` is of the whole list; `next` is the address of the following page."""

    count: int
    as_of: str
    next: str | None
    results: list[T]


def listed(
    request: HttpRequest, count: int, seen: Snapshot, page: Page[M], shape: Callable[[M], T], **carried: str
) -> Any:
    """The page in its shape. The next page's address says the same as this one's and what is `carried` along."""
    following = None
    if page.next:
        query = request.GET.copy()
        for key, value in {**carried, "after": page.next}.items():
            query[key] = value
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
    return {"count": count, "as_of": seen.token(), "next": following, "results": [shape(row) for row in page.rows]}


class Organization(BaseModel):
    slug: str
    name: str


class Me(BaseModel):
    member: Person
    email: str
    role: str
    organization: Organization


class Counted(BaseModel):
    """Conversations by status, without those whose contact opted out: these are counted apart."""

    needs_first_message: int
    first_message_sent: int
    needs_response: int
    active: int
    closed: int


class TextingHours(BaseModel):
    start: str
    end: str
    timezone: str


class CampaignRow(Titled):
    description: str
    state: str
    due_by: dt.date | None
    autoassign: bool
    texting_hours: TextingHours
    teams: list[Titled]
    limited_to_teams: bool
    priority: int
    release_after_minutes: int | None
    created_at: dt.datetime
    started_at: dt.datetime | None
    counts: Counted
    total: int
    unassigned: int
    opted_out: int


class ScriptAnswer(BaseModel):
    value: str
    next: "ScriptStep | None"


class ScriptStep(BaseModel):
    id: int
    text: str
    texts: list[str]
    question: str
    answers: list[ScriptAnswer]


class CampaignWhole(CampaignRow):
    custom_fields: list[str]
    script: list[ScriptStep]


def campaign_row(campaign: Campaign, counts: Counts) -> dict[str, Any]:
    return {
        "id": campaign.pk,
        "title": campaign.title,
        "description": campaign.description,
        "state": campaign.state,
        "due_by": campaign.due_by,
        "autoassign": campaign.autoassign,
        "texting_hours": {
            "start": campaign.texting_starts.isoformat("minutes"),
            "end": campaign.texting_ends.isoformat("minutes"),
            "timezone": campaign.timezone,
        },
        "teams": [{"id": team.pk, "title": team.title} for team in campaign.teams.all()],
        "limited_to_teams": campaign.limited_to_teams,
        "priority": campaign.priority,
        "release_after_minutes": campaign.release_after_minutes,
        "created_at": campaign.created_at,
        "started_at": campaign.started_at,
        "counts": {status.key: count for status, count in counts.by_status.items()},
        "total": counts.total,
        "unassigned": counts.unassigned,
        "opted_out": counts.opted_out,
    }


def campaign_whole(campaign: Campaign, counts: Counts) -> dict[str, Any]:
    tree = scripting.tree(campaign)
    script = [tree] if tree else []
    return {**campaign_row(campaign, counts), "custom_fields": campaign.custom_fields, "script": script}


class Rejected(BaseModel):
    line: int
    reason: str


class UploadReport(BaseModel):
    """`invalid` names the first of the lines that could not be used; `address` is where this report is found."""

    id: int
    address: str
    campaign: int
    file_name: str
    state: str
    lines: int
    read: int
    accepted: int
    duplicates: int
    opted_out: int
    invalid_count: int
    invalid: list[Rejected]
    error: str


NAMED = 1000  # invalid lines that a report names


def upload(what: Upload) -> UploadReport:
    wrong = what.rejected.filter(reason="invalid").values_list("line", "why")[:NAMED]
    return UploadReport(
        id=what.pk,
        address=f"/api/v1/uploads/{what.pk}",
        campaign=what.campaign_id,
        file_name=what.file_name,
        state=what.state,
        lines=what.lines,
        read=what.read,
        accepted=what.accepted,
        duplicates=what.duplicates,
        opted_out=what.opted_out,
        invalid_count=what.invalid,
        invalid=[Rejected(line=line, reason=why) for line, why in wrong],
        error=what.error,
    )


class Contact(BaseModel):
    """Last name and number are null where the viewer may not see them."""

    first_name: str
    last_name: str | None
    cell: str | None


class LastMessage(BaseModel):
    direction: str
    text: str
    at: dt.datetime


class Row(BaseModel):
    """A conversation in a list."""

    id: int
    campaign: Titled
    contact: Contact
    status: str
    texter: Person | None
    escalated: bool
    opted_out: bool
    pinned_to: Person | None
    waiting_since: dt.datetime | None
    held_since: dt.datetime | None
    last_message: LastMessage | None
    tags: list[Titled]


def contact(conversation: Conversation, viewer: Membership) -> Contact:
    who = conversation.contact
    return Contact(
        first_name=who.first_name,
        last_name=who.last_name if viewer.sees_last_names else None,
        cell=who.cell if viewer.sees_numbers else None,
    )


def row_fields(conversation: Conversation, viewer: Membership) -> dict[str, Any]:
    last = listing.last_message(conversation)
    return {
        "id": conversation.pk,
        "campaign": Titled(id=conversation.campaign_id, title=conversation.campaign.title),
        "contact": contact(conversation, viewer),
        "status": Status(conversation.status).key,
        "texter": person(conversation.texter),
        "escalated": conversation.escalated,
        "opted_out": conversation.opted_out,
        "pinned_to": person(conversation.pinned_to),
        "waiting_since": conversation.waiting_since,
        "held_since": conversation.held_since,
        "last_message": LastMessage(**last._asdict()) if last else None,
        "tags": [Titled(id=tag.id, title=tag.title) for tag in listing.tags(conversation)],
    }


def row(conversation: Conversation, viewer: Membership) -> Row:
    """Of a conversation that was `listing.listed`."""
    return Row(**row_fields(conversation, viewer))


class MessageShape(BaseModel):
    """`author` is whoever clicked: null for the contact and for automatic replies. `error` is the carrier's."""

    id: int
    direction: str
    text: str
    author: Person | None
    at: dt.datetime
    status: str
    error: str


def message(what: Message) -> MessageShape:
    return MessageShape(
        id=what.pk,
        direction=what.direction_key,
        text=what.text,
        author=person(what.author),
        at=what.created_at,
        status=what.status_key,
        error=what.error,
    )


class AnswerShape(BaseModel):
    step: int
    question: str
    value: str
    by: Person | None
    at: dt.datetime


def answer(what: Answer) -> AnswerShape:
    return AnswerShape(step=what.step_id, question=what.step.question, value=what.value, by=person(what.by), at=what.at)


class Worn(Titled):
    by: Person | None
    at: dt.datetime


def worn(what: Tagging) -> Worn:
    return Worn(id=what.tag_id, title=what.tag.title, by=person(what.by), at=what.at)


class Passage(BaseModel):
    """One change of hands: `giver` and `receiver` are null where it came from or went to the pool."""

    handoff: int
    action: str
    at: dt.datetime
    by: Person | None
    giver: Person | None
    receiver: Person | None
    reason: str
    note: str


def passage(move: Move) -> Passage:
    act = move.handoff
    return Passage(
        handoff=act.pk,
        action=act.action,
        at=move.at,
        by=person(act.by),
        giver=person(move.giver),
        receiver=person(move.receiver),
        reason=act.reason,
        note=act.note,
    )


class Moved(BaseModel):
    """What became of one conversation. `left_alone` says why it stays; else nobody under `receiver` is the pool."""

    conversation: int
    campaign: Titled
    contact: Contact
    giver: Person | None
    receiver: Person | None
    left_alone: str | None
    at: dt.datetime


def moved(move: Move, viewer: Membership) -> Moved:
    """Of a move that was `moves.dressed`."""
    thread = move.conversation
    return Moved(
        conversation=thread.pk,
        campaign=Titled(id=thread.campaign_id, title=thread.campaign.title),
        contact=contact(thread, viewer),
        giver=person(move.giver),
        receiver=None if move.left_alone else person(move.receiver),
        left_alone=LeftAlone(move.left_alone).label if move.left_alone else None,
        at=move.at,
    )


class NoteShape(BaseModel):
    """What its author was writing when that hand-off took the conversation from them."""

    author: Person
    text: str
    at: dt.datetime
    handoff: int


def note(what: Note) -> NoteShape:
    return NoteShape(author=person(what.author), text=what.text, at=what.at, handoff=what.handoff_id)


class Thread(Row):
    """A conversation with everything in it, oldest first."""

    messages: list[MessageShape]
    answers: list[AnswerShape]
    taggings: list[Worn]
    timeline: list[Passage]
    notes: list[NoteShape]
