"""Conversations: lists of them, one with everything in it, and what can be done with it but texting."""

import uuid
from typing import Annotated, Any, Literal

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, AnswerShape, Id, Limit, Listed, Row, Said, Thread
from textbank.assignments import escalating, giving_back
from textbank.conversations import answering, closing, opting_out, pinning
from textbank.conversations.filters import CAMPAIGN_STATES, ESCALATED, READERS, STATUSES, TRUTHS, WHOLE, Filter
from textbank.conversations.models import Conversation
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership, Tag
from textbank.reports import answers, listing
from textbank.reports.answers import HandoffShape
from textbank.reports.pages import page
from textbank.reports.timeline import timeline

router = Router()

WORDS: dict[str, tuple[str, ...]] = {
    "campaign_state": CAMPAIGN_STATES,
    "status": STATUSES,
    "opted_out": tuple(TRUTHS),
    "escalated": ESCALATED,
}
ONCE = {"escalated", "waiting_minutes", *WHOLE}


def filter_parameters() -> list[dict[str, Any]]:
    """The filter's keys as the document names them."""
    found = []
    for key in READERS:
        one = {"type": "string", "enum": list(WORDS[key])} if key in WORDS else {"type": "string"}
        many = key not in ONCE
        found.append({"in": "query", "name": key, "schema": {"type": "array", "items": one} if many else one})
    return found


@router.get(
    "/conversations", response={200: Listed[Row], **REFUSALS}, openapi_extra={"parameters": filter_parameters()}
)
def conversations(
    request: MemberRequest,
    order: Literal["activity", "waiting", "name"] = "activity",
    limit: Limit = 50,
    after: After = "",
    as_of: Annotated[str, Field(description="What was seen on the first page; “next” carries it along.")] = "",
) -> Any:
    """Those that match the filter; without one, all of active campaigns that have not opted out."""
    # What is seen is noted before anything is read: whatever changes in between counts as changed since, and a
    # hand-off leaves it alone. Noted afterwards, it would pass for seen.
    seen = Snapshot.parse(as_of) if as_of else Snapshot.now()
    said = request.GET.copy()
    for key in ("order", "limit", "after", "as_of"):
        said.pop(key, None)
    which = Filter.parse(said)
    found = which.conversations(request.member, seen.at)
    shown = page(found, listing.order_of(which, order), after, limit, listing.listed)
    return shapes.listed(
        request,
        which.count(request.member, seen.at),
        seen,
        shown,
        lambda row: shapes.row(row, request.member),
        as_of=seen.token(),
    )


def visible(viewer: Membership, pk: int) -> Conversation:
    found = Conversation.objects.visible_to(viewer)
    return get_object_or_404(found.select_related("contact", "campaign", "organization"), pk=pk)


def as_row(viewer: Membership, pk: int) -> Row:
    """How it looks now. Whoever just gave it away still hears what became of it."""
    [found] = listing.listed(Conversation.objects.filter(pk=pk))
    return shapes.row(found, viewer)


@router.get("/conversations/{int:conversation}", response={200: Thread, **REFUSALS})
def conversation(request: MemberRequest, conversation: int) -> Thread:
    """One, with messages, survey answers, tags and through whose hands it went."""
    found = next(iter(listing.listed(Conversation.objects.visible_to(request.member).filter(pk=conversation))), None)
    if found is None:
        raise Http404("There is no such conversation.")
    return Thread(
        **shapes.row_fields(found, request.member),
        messages=[shapes.message(one) for one in found.messages.select_related("author__user")],
        answers=answers_of(found),
        taggings=[shapes.worn(one) for one in found.taggings.select_related("tag", "by__user").order_by("pk")],
        timeline=[shapes.passage(move) for move in timeline(found)],
        notes=[shapes.note(one) for one in found.notes.select_related("author__user").order_by("pk")],
    )


def answers_of(conversation: Conversation) -> list[AnswerShape]:
    return [shapes.answer(one) for one in conversation.answers.select_related("step", "by__user").order_by("step")]


@router.post("/conversations/{int:conversation}/close", response={200: Row, **REFUSALS})
def close(request: MemberRequest, conversation: int) -> Row:
    """Ends it."""
    closing.close(visible(request.member, conversation))
    return as_row(request.member, conversation)


@router.post("/conversations/{int:conversation}/reopen", response={200: Row, **REFUSALS})
def reopen(request: MemberRequest, conversation: int) -> Row:
    """Begins it again, unless the contact has opted out."""
    closing.reopen(visible(request.member, conversation))
    return as_row(request.member, conversation)


class Farewell(Said):
    farewell: Annotated[str, Field(min_length=1, max_length=1600)] | None = None
    client_id: uuid.UUID | None = None


@router.post("/conversations/{int:conversation}/opt-out", response={200: Row, **REFUSALS})
def opt_out(request: MemberRequest, conversation: int, said: Farewell | None = None) -> Row:
    """Opts the contact's number out everywhere, after a last text if there is a `farewell`."""
    found = visible(request.member, conversation)
    if said and said.farewell:
        click = said.client_id or uuid.uuid4()
        opting_out.say_farewell_and_opt_out(
            found, said.farewell, by=request.member, client_id=click, now=timezone.now()
        )
    else:
        opting_out.opt_out(found, by=request.member, channel="api", now=timezone.now())
    return as_row(request.member, conversation)


class OptIn(Said):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


@router.post("/conversations/{int:conversation}/opt-in", auth=admins, response={200: Row, **REFUSALS})
def opt_in(request: MemberRequest, conversation: int, said: OptIn) -> Row:
    """Lets the number be texted again. The reason is kept."""
    found = visible(request.member, conversation)
    opting_out.opt_in(
        found.organization_id, found.contact.cell, by=request.member, because=said.reason, now=timezone.now()
    )
    return as_row(request.member, conversation)


class Tags(Said):
    add: Annotated[list[Id], Field(max_length=100)] = []
    remove: Annotated[list[Id], Field(max_length=100)] = []


@router.post("/conversations/{int:conversation}/tags", response={200: Row, **REFUSALS})
def tags(request: MemberRequest, conversation: int, said: Tags) -> Row:
    """Puts tags on and takes tags off. One that is not assignable escalates."""
    found = visible(request.member, conversation)
    escalating.retag(
        found,
        add=tags_of(request.member, said.add),
        remove=tags_of(request.member, said.remove),
        by=request.member,
        now=timezone.now(),
    )
    return as_row(request.member, conversation)


def tags_of(member: Membership, ids: list[int]) -> list[Tag]:
    """These tags of the organization. Raises Http404 if one is of another."""
    found = list(Tag.objects.filter(organization_id=member.organization_id, pk__in=ids))
    if len(found) != len(set(ids)):
        raise Http404
    return found


class Escalation(Said):
    message: Annotated[str, Field(max_length=10_000)] = ""


@router.post("/conversations/{int:conversation}/escalate", response={200: Row, **REFUSALS})
def escalate(request: MemberRequest, conversation: int, said: Escalation | None = None) -> Row:
    """Takes it out of its texter's hands, for an admin to decide. The message says why."""
    found = visible(request.member, conversation)
    escalating.escalate(found, by=request.member, message=said.message if said else "", now=timezone.now())
    return as_row(request.member, conversation)


class GivingBack(Said):
    """`reason` says why, `note` what whoever has it next should know."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    note: Annotated[str, Field(max_length=10_000)] = ""


@router.post("/conversations/{int:conversation}/give-back", response={201: HandoffShape, **REFUSALS})
def give_back(request: MemberRequest, conversation: int, said: GivingBack) -> Any:
    """Back to the pool from whoever has it; what they were writing goes along as their note. One that is pinned to
    them stays, as the answer says."""
    act = giving_back.give_back(
        visible(request.member, conversation), by=request.member, now=timezone.now(), **said.model_dump()
    )
    return Status(201, answers.answer(act))


@router.post("/conversations/{int:conversation}/pin", response={200: Row, **REFUSALS})
def pin(request: MemberRequest, conversation: int) -> Row:
    """It stays with who has it: what moves many, and what happens by itself, leaves it alone. 409 `nobody_has_it`."""
    pinning.pin(visible(request.member, conversation), by=request.member, now=timezone.now())
    return as_row(request.member, conversation)


@router.post("/conversations/{int:conversation}/unpin", response={200: Row, **REFUSALS})
def unpin(request: MemberRequest, conversation: int) -> Row:
    """It may go on like any other."""
    pinning.unpin(visible(request.member, conversation), by=request.member, now=timezone.now())
    return as_row(request.member, conversation)


class AnswerSaid(Said):
    step: Id
    value: Annotated[str, Field(max_length=200, description="One of the step's answers; empty takes it back.")]


@router.put("/conversations/{int:conversation}/answers", response={200: list[AnswerShape], **REFUSALS})
def answer(request: MemberRequest, conversation: int, said: AnswerSaid) -> list[AnswerShape]:
    """Records what the contact said to a step's question."""
    found = visible(request.member, conversation)
    step = get_object_or_404(found.campaign.steps, pk=said.step)
    answering.answer(found, step, said.value, by=request.member, now=timezone.now())
    return answers_of(found)
