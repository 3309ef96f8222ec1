"""The organization's tags."""

from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StrictBool

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins, texters
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Limit, Listed, Said, Titled
from textbank.assignments import tags
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership, Role, Tag
from textbank.reports.answers import HandoffShape, answer
from textbank.reports.pages import page
from textbank.reports.wearing import worn

router = Router(auth=admins)

ColourName = Literal["grey", "red", "amber", "green", "teal", "blue", "violet"]
Title = Annotated[str, Field(min_length=1, max_length=100)]


class TagShape(Titled):
    """One that is not `assignable` escalates who wears it. `conversations` wear it: null for texters."""

    colour: ColourName
    assignable: bool
    conversations: int | None


class Changed(TagShape):
    """With the hand-off that took those it escalates now out of their texters' hands, if there was one."""

    handoff: HandoffShape | None


class Making(Said):
    title: Title
    colour: ColourName = "grey"
    assignable: StrictBool = True


class Changing(Said):
    """Any of them; those that are not said stay as they are."""

    title: Title = ""
    colour: ColourName = "grey"
    assignable: StrictBool = True


def shape(tag: Tag, conversations: int | None) -> dict[str, Any]:
    known = {"id": tag.pk, "title": tag.title, "colour": tag.colour, "assignable": tag.assignable}
    return {**known, "conversations": conversations}


@router.get("/tags", auth=texters, response={200: Listed[TagShape], **REFUSALS})
def listed(request: MemberRequest, limit: Limit = 50, after: After = "") -> Any:
    """All that may be put on, the oldest first."""
    found = request.member.organization.tags.all()
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit)
    counts = worn(shown.rows) if request.member.may(Role.SUPERVOLUNTEER) else {}
    return shapes.listed(request, found.count(), seen, shown, lambda tag: shape(tag, counts.get(tag.pk)))


@router.post("/tags", response={201: TagShape, **REFUSALS})
def make(request: MemberRequest, said: Making) -> Any:
    """Makes one. 409 `title_taken`, whatever the case."""
    return Status(201, shape(tags.make(**said.model_dump(), by=request.member), 0))


@router.patch("/tags/{int:tag}", response={(200, 202): Changed, **REFUSALS})
def change(request: MemberRequest, tag: int, said: Changing) -> Any:
    """Changes what is said. One that is not assignable any more escalates whoever wears it: the answer has the
    hand-off, and is 202 while that goes on. 409 `title_taken`."""
    wanted = said.model_dump(exclude_unset=True)
    changed = tags.change(one_of(request.member, tag), by=request.member, now=timezone.now(), **wanted)
    act = answer(changed.handoff) if changed.handoff else None
    running = act is not None and act.state == "running"
    return Status(202 if running else 200, {**shape(changed.tag, changed.worn), "handoff": act})


@router.delete("/tags/{int:tag}", response={204: None, **REFUSALS})
def delete(request: MemberRequest, tag: int) -> Status:
    """Takes it off every conversation and away. Who wears no other that escalates is escalated no more."""
    tags.delete(one_of(request.member, tag), by=request.member, now=timezone.now())
    return Status(204, None)


def one_of(member: Membership, pk: int) -> Tag:
    return get_object_or_404(member.organization.tags, pk=pk)
