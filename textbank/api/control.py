"""Assignment Control: what the pools hand out, and what each gives now."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import teams
from textbank.api.door import admins
from textbank.api.errors import REFUSALS
from textbank.api.members import APPROVALS, ApprovalKey
from textbank.api.shapes import Said
from textbank.api.teams import TeamRow, dressed
from textbank.organizations import controlling
from textbank.organizations.models import Approval, Gives, Membership, Organization, Settings
from textbank.reports.pools import FIRST, REPLY, Stock, stock

router = Router(auth=admins)


class Now(BaseModel):
    """What a member who holds nothing and is in no other team is given by it now, by kind. First messages `gated` are
    given again when fewer replies wait."""

    needs_response: int
    needs_first_message: int
    gated: int


class General(BaseModel):
    is_on: bool
    gives: Gives
    most_at_once: int
    now: Now


class TeamPool(TeamRow):
    now: Now


class ControlShape(BaseModel):
    general: General
    teams: list[TeamPool]
    overflow: bool
    finish_replies_first: bool
    backlog_gate: int | None
    newcomers_approval: ApprovalKey
    do_not_assign_words: str


class GeneralSaid(Said):
    is_on: StrictBool = True
    gives: Gives = Gives.BOTH
    most_at_once: Annotated[StrictInt, Field(ge=1, le=controlling.MOST_AT_ONCE)] = 1


class ControlSaid(Said):
    """Any of them; those that are not said stay as they are. Teams are changed each at its own address."""

    general: GeneralSaid = GeneralSaid()
    overflow: StrictBool = True
    finish_replies_first: StrictBool = False
    backlog_gate: Annotated[StrictInt, Field(ge=1, le=controlling.LONGEST_GATE, description="Null is none.")] | None = (
        None
    )
    newcomers_approval: ApprovalKey = "auto_approve"
    do_not_assign_words: Annotated[str, Field(min_length=1, max_length=controlling.LONGEST_WORDS)] = "-"


@router.get("/assignment-control", response={200: ControlShape, **REFUSALS})
def control(request: MemberRequest) -> dict[str, Any]:
    """The general pool and every team's, in the order in which they serve, and what holds for all of them."""
    return shape(request.member)


@router.patch("/assignment-control", response={200: ControlShape, **REFUSALS})
def change(request: MemberRequest, said: ControlSaid) -> dict[str, Any]:
    """Changes those that are said. What they were stays in the record."""
    controlling.control(request.member.organization, by=request.member, **columns(said))
    return shape(request.member)


def columns(said: ControlSaid) -> dict[str, Any]:
    """What is said, by the names that the rule has for it."""
    rules = said.model_dump(exclude_unset=True, include=set(controlling.RULES))
    if "newcomers_approval" in rules:
        rules["newcomers_approval"] = APPROVALS[rules["newcomers_approval"]]
    general = said.general.model_dump(exclude_unset=True)
    return rules | {NAMES.get(name, name): value for name, value in general.items()}


NAMES = {"is_on": "general_on", "gives": "general_gives"}


def shape(admin: Membership) -> dict[str, Any]:
    here = Organization.objects.select_related("settings").get(pk=admin.organization_id)
    there = list(dressed(here.teams.order_by("priority", "title", "pk")))
    general, *others = stock(here, there, timezone.now())
    settings: Settings = here.settings
    rules = {name: getattr(settings, name) for name in controlling.RULES}
    return {
        "general": {
            "is_on": settings.general_on,
            "gives": settings.general_gives,
            "most_at_once": settings.most_at_once,
            "now": now(general),
        },
        "teams": [{**teams.row(team), "now": now(one)} for team, one in zip(there, others, strict=True)],
        **rules,
        "newcomers_approval": Approval(settings.newcomers_approval).key,
    }


def now(one: Stock) -> Now:
    return Now(needs_response=one.now[REPLY], needs_first_message=one.now[FIRST], gated=one.gated)
