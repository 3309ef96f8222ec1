"""Conversations change hands."""

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins, handing_on
from textbank.api.errors import REFUSALS
from textbank.api.members import chosen
from textbank.api.shapes import After, Id, Ids, Limit, Listed, Moved, Said, one_of
from textbank.api.teams import teams_of
from textbank.assignments import carrying_out, reassigning, undoing
from textbank.assignments.plans import Plan
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Handoff, State
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import teams
from textbank.organizations.models import Membership
from textbank.reports import answers, log, moves
from textbank.reports.answers import HandoffShape, answer
from textbank.reports.pages import page

router = Router(auth=handing_on)


class Wish(Said):
    """Which conversations (by `filter` or by `conversations`), to whom, and what is to be left alone.

    `teams` stand for their members who are not suspended, in the order of their names, behind `texters`. `each` says
    how many go to each of them, in that order; without it they are dealt as evenly as cards.
    """

    action: Literal["reassign", "unassign"]
    filter: Annotated[dict[str, Any], Field(description="As in an address: a value or a list for each key.")] | None = (
        None
    )
    conversations: Annotated[list[Id], Field(max_length=100_000)] = []
    texters: Annotated[list[Id], Field(max_length=1000)] = []
    teams: Annotated[list[Id], Field(max_length=100)] = []
    each: Annotated[list[Annotated[StrictInt, Field(ge=1, le=100_000)]], Field(max_length=1000)] = []
    include_escalated: StrictBool = False
    include_drafting: StrictBool = False
    limit: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = None
    expect: (
        Annotated[StrictInt, Field(ge=0, le=2**31 - 1, description="The number shown: never more moves.")] | None
    ) = None
    as_of: Annotated[str, Field(description="Of the list that was looked at: what changed since stays.")] | None = None
    reason: Annotated[str, Field(max_length=500)] = ""
    note: Annotated[str, Field(max_length=10_000)] = ""
    dry_run: StrictBool = False
    client_id: uuid.UUID | None = None


AS_SAID = {"include_escalated", "include_drafting", "limit", "expect", "reason", "note", "client_id"}


def plan(said: Wish, by: Membership) -> Plan:
    return Plan(
        action=Action(said.action),
        by=by,
        now=timezone.now(),
        filter=None if said.filter is None else Filter.parse(said.filter),
        ticked=tuple(said.conversations),
        texters=tuple(teams.receivers(teams_of(by, said.teams), after=chosen(by, said.texters))),
        as_of=Snapshot.parse(said.as_of) if said.as_of else None,
        each=tuple(said.each),
        **said.model_dump(include=AS_SAID),
    )


@router.post("/handoffs", response={(200, 201, 202): HandoffShape, **REFUSALS})
def hand_on(request: MemberRequest, said: Wish) -> Any:
    """Reassigns or unassigns. 201 when done; 202 when it goes on: then poll it. `dry_run` moves nothing: 200."""
    wanted = plan(said, request.member)
    if said.dry_run:
        return Status(200, answer(reassigning.preview(wanted)))
    return begun(reassigning.carry_out(wanted))


def begun(act: Handoff) -> Status:
    """A hand-off that was just asked for: 201 when it is done, 202 while it goes on."""
    return Status(202 if act.state == State.RUNNING else 201, answer(act))


ActionKey = Annotated[str, AfterValidator(one_of(Action.values)), Field(json_schema_extra={"enum": Action.values})]
StateKey = Annotated[str, AfterValidator(one_of(State.values)), Field(json_schema_extra={"enum": State.values})]
Part = Annotated[str, AfterValidator(one_of(moves.PARTS)), Field(json_schema_extra={"enum": [*moves.PARTS]})]
Words = Annotated[str, Field(max_length=200)]
Day = Annotated[dt.date, Field(ge=log.EARLIEST, le=log.LATEST, description="By the organization's clock.")]


class Asked(BaseModel):
    """What is asked of the log, as on its page."""

    action: ActionKey | None = None
    state: StateKey | None = None
    person: Annotated[Words, Field(description="Words of who did it, gave or received: names, e-mail addresses.")] = ""
    by: Annotated[Ids, Field(description="Who did it: member ids.")] = []
    campaign: Annotated[Ids, Field(description="Campaign ids.")] = []
    reason: Annotated[Words, Field(description="Words of the reason.")] = ""
    since: Day | None = None
    until: Annotated[Day | None, Field(description="The last day, included.")] = None


@router.get("/handoffs", auth=admins, response={200: Listed[HandoffShape], **REFUSALS})
def handoffs(request: MemberRequest, asked: Query[Asked], limit: Limit = 50, after: After = "") -> Any:
    """Every act by which conversations changed hands, newest first, or those that are asked for."""
    wanted = log.Asked(**{name: said for name, said in asked if said is not None})
    found = log.found(request.member.organization, wanted)
    seen, shown = Snapshot.now(), page(found, "newest", after, limit, with_undo)
    people = answers.named_in(shown.rows)
    return shapes.listed(request, found.count(), seen, shown, lambda act: answers.handoff(act, people))


def with_undo(rows: Any) -> Any:
    return rows.select_related("undone_by")


@router.get("/handoffs/{int:handoff}", response={200: HandoffShape, **REFUSALS})
def handoff(request: MemberRequest, handoff: int) -> HandoffShape:
    """One, as far as it has come."""
    return answer(handoff_of(request.member, handoff))


def handoff_of(member: Membership, pk: int) -> Handoff:
    found: QuerySet[Handoff] = with_undo(Handoff.objects.filter(organization_id=member.organization_id))
    return get_object_or_404(found, pk=pk)


@router.get("/handoffs/{int:handoff}/moves", auth=admins, response={200: Listed[Moved], **REFUSALS})
def its_moves(
    request: MemberRequest, handoff: int, left: Part | None = None, limit: Limit = 50, after: After = ""
) -> Any:
    """What it did with each conversation, in the order they were dealt; with `left` only those that `moved`, or that
    were left alone for one reason."""
    found = moves.listed(handoff_of(request.member, handoff), left or "")
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit, moves.dressed)
    return shapes.listed(request, found.count(), seen, shown, lambda move: shapes.moved(move, request.member))


CSV = {"description": "Every move as a line.", "content": {"text/csv": {"schema": {"type": "string"}}}}


@router.get(
    "/handoffs/{int:handoff}/moves.csv",
    auth=admins,
    response=REFUSALS,
    openapi_extra={"responses": {200: CSV}},
)
def export(request: MemberRequest, handoff: int) -> StreamingHttpResponse:
    """The same as a table for a spreadsheet."""
    found = handoff_of(request.member, handoff)
    answer = StreamingHttpResponse(moves.as_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="hand-off-{found.pk}.csv"'
    return answer


class DryRun(Said):
    dry_run: StrictBool = False


@router.post("/handoffs/{int:handoff}/undo", response={(200, 201, 202): HandoffShape, **REFUSALS})
def undo(request: MemberRequest, handoff: int, said: DryRun | None = None) -> Any:
    """Gives back what nobody has worked on or moved since; the answer is the undo, a hand-off itself. `dry_run` says
    what it would do: 200. 409 `still_running`, `already_undone`."""
    act, now = handoff_of(request.member, handoff), timezone.now()
    if said and said.dry_run:
        return Status(200, answer(undoing.preview(act, by=request.member, now=now)))
    return begun(undoing.undo(act, by=request.member, now=now))


@router.post("/handoffs/{int:handoff}/stop", response={200: HandoffShape, **REFUSALS})
def stop(request: MemberRequest, handoff: int) -> HandoffShape:
    """Asks one that runs to stop after the part it is at; what it moved can be undone. 409 `not_running`."""
    carrying_out.stop(handoff_of(request.member, handoff), by=request.member)
    return answer(handoff_of(request.member, handoff))
