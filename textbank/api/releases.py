"""Work goes back to the pool: a campaign's unsent first messages, its unanswered replies, or everybody's."""

import uuid
from typing import Annotated, Any

from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api.campaigns import campaign_of
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.handoffs import begun
from textbank.api.shapes import Said
from textbank.assignments import releasing
from textbank.conversations.models import Handoff
from textbank.conversations.snapshots import Snapshot
from textbank.reports.answers import HandoffShape, answer

router = Router(auth=admins)

ANSWERS: Any = {(200, 201, 202): HandoffShape, **REFUSALS}


class Wish(Said):
    """`dry_run` moves nothing and says what would: 200."""

    reason: Annotated[str, Field(max_length=500)] = ""
    expect: (
        Annotated[StrictInt, Field(ge=0, le=2**31 - 1, description="The number shown: never more moves.")] | None
    ) = None
    as_of: Annotated[str, Field(description="Of what was looked at: what changed since stays.")] | None = None
    dry_run: StrictBool = False
    client_id: uuid.UUID | None = None


class Idle(Wish):
    idle_minutes: Annotated[
        StrictInt, Field(ge=0, le=60 * 24 * 365, description="How long a reply must have been idle; 0 takes all.")
    ]


def wishes(said: Wish) -> dict[str, Any]:
    """What was wished, as a release takes it."""
    as_of = Snapshot.parse(said.as_of) if said.as_of else None
    return {**said.model_dump(include={"reason", "expect", "dry_run", "client_id"}), "as_of": as_of}


def released(act: Handoff, said: Wish) -> Status:
    return Status(200, answer(act)) if said.dry_run else begun(act)


@router.post("/campaigns/{int:campaign}/release-unsent", response=ANSWERS)
def unsent(request: MemberRequest, campaign: int, said: Wish | None = None) -> Any:
    """Takes every held conversation of the campaign that needs a first message back to the pool."""
    said, found = said or Wish(), campaign_of(request.member, campaign)
    act = releasing.release_unsent(found, by=request.member, now=timezone.now(), **wishes(said))
    return released(act, said)


@router.post("/campaigns/{int:campaign}/release-unreplied", response=ANSWERS)
def unreplied(request: MemberRequest, campaign: int, said: Idle) -> Any:
    """Takes every held conversation of the campaign that waits for an answer, and has been idle that long."""
    found = campaign_of(request.member, campaign)
    act = releasing.release_unreplied(found, said.idle_minutes, by=request.member, now=timezone.now(), **wishes(said))
    return released(act, said)


@router.post("/release-unhandled", response=ANSWERS)
def unhandled(request: MemberRequest, said: Idle) -> Any:
    """The same over every campaign that is not archived."""
    act = releasing.release_unhandled(said.idle_minutes, by=request.member, now=timezone.now(), **wishes(said))
    return released(act, said)
