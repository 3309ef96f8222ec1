"""Teams: texters with a priority and a pool of their own."""

from typing import Annotated, Any

from django.db.models import Count, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from ninja import Router, Status
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import admins, supervolunteers
from textbank.api.errors import REFUSALS
from textbank.api.members import chosen
from textbank.api.shapes import After, Id, Limit, Listed, Said, Titled
from textbank.campaigns import disbanding
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import controlling, teams
from textbank.organizations.models import Gives, Membership, Tag, Team
from textbank.reports.answers import Person, person
from textbank.reports.pages import page

router = Router(auth=admins)

Members = Annotated[list[Id], Field(max_length=1000)]


class TeamRow(Titled):
    """`most_at_once` is null where the organization's holds."""

    description: str
    priority: int
    is_on: bool
    gives: Gives
    most_at_once: int | None
    escalation_tags: list[Titled]
    member_count: int


class TeamWhole(TeamRow):
    members: list[Person]


class TeamSaid(Said):
    """Any of them; those that are not said stay as they are. Members `join` and `leave` by their ids."""

    title: Annotated[str, Field(min_length=1, max_length=teams.LONGEST_TITLE)] = ""
    description: Annotated[str, Field(max_length=teams.LONGEST_DESCRIPTION)] = ""
    priority: Annotated[StrictInt, Field(ge=0, le=teams.LAST)] = 500
    is_on: StrictBool = True
    gives: Gives = Gives.BOTH
    most_at_once: Annotated[StrictInt, Field(ge=1, le=controlling.MOST_AT_ONCE)] | None = None
    escalation_tags: Annotated[list[Id], Field(max_length=100)] = []
    join: Members = []


class TeamMade(TeamSaid):
    title: Annotated[str, Field(min_length=1, max_length=teams.LONGEST_TITLE)]


class TeamChanged(TeamSaid):
    leave: Members = []


def teams_of(member: Membership, ids: list[int]) -> list[Team]:
    """These teams of the organization, in the order chosen. Raises Http404 if one is of another."""
    found = Team.objects.filter(organization=member.organization_id).in_bulk(ids)
    if len(found) != len(set(ids)):
        raise Http404
    return [found[pk] for pk in dict.fromkeys(ids)]


def dressed(rows: Any) -> Any:
    return rows.prefetch_related("escalation_tags").annotate(member_count=Count("members"))


def row(team: Team) -> dict[str, Any]:
    """Of a team that was `dressed`."""
    tags = sorted(team.escalation_tags.all(), key=lambda tag: tag.title)
    as_they_are = {name: getattr(team, name) for name in ("id", *teams.COLUMNS, "member_count")}
    return {**as_they_are, "escalation_tags": [Titled(id=tag.pk, title=tag.title) for tag in tags]}


def whole(team: Team) -> dict[str, Any]:
    found = dressed(Team.objects.filter(pk=team.pk)).get()
    there = team.members.select_related("user").order_by("user__first_name", "user__last_name", "pk")
    return {**row(found), "members": [person(member) for member in there]}


@router.get("/teams", auth=supervolunteers, response={200: Listed[TeamRow], **REFUSALS})
def listed(request: MemberRequest, limit: Limit = 50, after: After = "") -> Any:
    """Every team, in the order in which they were made."""
    found = Team.objects.filter(organization=request.member.organization_id)
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit, dressed)
    return shapes.listed(request, found.count(), seen, shown, row)


@router.post("/teams", response={201: TeamWhole, **REFUSALS})
def make(request: MemberRequest, said: TeamMade) -> Any:
    """A new team. 409 `title_taken`."""
    return Status(201, whole(teams.make(by=request.member, **columns(said), **staff(said, request.member, "members"))))


@router.get("/teams/{int:team}", auth=supervolunteers, response={200: TeamWhole, **REFUSALS})
def one(request: MemberRequest, team: int) -> Any:
    """One team with its members, in the order of their names."""
    return whole(one_of(request.member, team))


@router.patch("/teams/{int:team}", response={200: TeamWhole, **REFUSALS})
def change(request: MemberRequest, team: int, said: TeamChanged) -> Any:
    """Changes those that are said. 409 `title_taken`."""
    found, leave = one_of(request.member, team), chosen(request.member, said.leave)
    wishes = {**columns(said), **staff(said, request.member, "join")}
    return whole(teams.change(found, by=request.member, leave=leave, **wishes))


@router.delete("/teams/{int:team}", response={204: None, **REFUSALS})
def delete(request: MemberRequest, team: int, lift: bool | None = None) -> Status:
    """Deletes it; what its members have stays theirs. Of campaigns for it alone `lift` says whether everybody is
    offered them from now on, or nobody: 409 `for_nobody` if that is not said."""
    disbanding.disband(one_of(request.member, team), by=request.member, lift=lift)
    return Status(204, None)


def one_of(member: Membership, pk: int) -> Team:
    found: QuerySet[Team] = Team.objects.filter(organization=member.organization_id)
    return get_object_or_404(found, pk=pk)


def columns(said: BaseModel) -> dict[str, Any]:
    return said.model_dump(exclude_unset=True, include=set(teams.COLUMNS))


def staff(said: TeamSaid, by: Membership, joining: str) -> dict[str, Any]:
    """The members and tags that are said, by the names that the rule has for them."""
    found: dict[str, Any] = {joining: chosen(by, said.join)}
    if "escalation_tags" in said.model_fields_set:
        tags = Tag.objects.filter(organization=by.organization_id).in_bulk(said.escalation_tags)
        if len(tags) != len(set(said.escalation_tags)):
            raise Http404
        found["escalation_tags"] = list(tags.values())
    return found
