"""The teams of an organization: made and changed, with their members and the escalation tags they hold."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction

from textbank import news
from textbank.organizations import audit
from textbank.organizations.controlling import wrong_count
from textbank.organizations.models import Membership, Tag, Team

LONGEST_TITLE, LONGEST_DESCRIPTION = 100, 300
LAST = 10_000  # of priorities

COLUMNS = ("title", "description", "priority", "is_on", "gives", "most_at_once")


class BadTeam(ValueError):
    """A team that makes no sense. `fields` says what is wrong with which part, in words."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class TitleTaken(BadTeam):
    """The organization has a team of that title already, whatever its case."""

    def __init__(self, title: str) -> None:
        super().__init__({"title": f"There is a team “{title}” already."})


@transaction.atomic
def make(
    title: str,
    *,
    by: Membership,
    members: Collection[Membership] = (),
    escalation_tags: Collection[Tag] = (),
    **columns: Any,
) -> Team:
    """A new team. Raises BadTeam, TitleTaken."""
    refuse_nonsense({"title": title, **columns}, escalation_tags)
    team = kept(Team(organization=by.organization, title=title, **columns))
    audit.record(by.organization, "team made", title, by=by, team=team.pk, **columns)
    staff(team, members, by=by)
    hold(team, escalation_tags, by=by)
    return team


@transaction.atomic
def change(
    team: Team,
    *,
    by: Membership,
    join: Collection[Membership] = (),
    leave: Collection[Membership] = (),
    escalation_tags: Collection[Tag] | None = None,
    **columns: Any,
) -> Team:
    """Changes what is said and nothing else. Members join and leave, so that two people who change them at the same
    time lose nothing. Raises BadTeam, TitleTaken, Team.DoesNotExist."""
    refuse_nonsense(columns, escalation_tags or ())
    team = Team.objects.select_for_update().get(pk=team.pk)
    changed = {name: value for name, value in columns.items() if value != getattr(team, name)}
    for name, value in changed.items():
        setattr(team, name, value)
    if changed:
        kept(team)
        news.tell_watchers(team.organization_id)
        audit.record(by.organization, "team changed", team.title, by=by, team=team.pk, **changed)
    staff(team, join, leave, by=by)
    if escalation_tags is not None:
        hold(team, escalation_tags, by=by)
    return team


def kept(team: Team) -> Team:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        if "one_team_per_title" not in str(error):
            raise
        raise TitleTaken(team.title) from error
    return team


def staff(team: Team, join: Collection[Membership], leave: Collection[Membership] = (), *, by: Membership) -> None:
    """Lets members join and leave, and tells those who did: they are offered other texts now."""
    there = set(team.members.values_list("pk", flat=True))
    new = [member for member in join if member.pk not in there]
    gone = [member for member in leave if member.pk in there and member not in join]
    team.members.add(*new)
    team.members.remove(*gone)
    if new or gone:
        names = {"joined": sorted(one.name for one in new), "left": sorted(one.name for one in gone)}
        audit.record(team.organization, "team members changed", team.title, by=by, team=team.pk, **names)
        news.tell([member.pk for member in (*new, *gone)], "queue")


def hold(team: Team, tags: Collection[Tag], *, by: Membership) -> None:
    """The escalation tags of which the team is offered what wears them."""
    if set(tags) != set(team.escalation_tags.all()):
        team.escalation_tags.set(tags)
        titles = sorted(tag.title for tag in tags)
        audit.record(team.organization, "team tags changed", team.title, by=by, team=team.pk, tags=titles)


def refuse_nonsense(columns: Mapping[str, Any], tags: Iterable[Tag]) -> None:
    """Raises BadTeam with every fault at once."""
    if strange := columns.keys() - set(COLUMNS):
        raise TypeError(f"A team has no {', '.join(sorted(strange))} that could be changed so.")
    mild = next((tag for tag in tags if tag.assignable), None)
    faults = {
        "title": wrong_title(columns.get("title", "-")),
        "description": too_long(columns.get("description", ""), LONGEST_DESCRIPTION),
        "priority": "" if 0 <= columns.get("priority", 0) <= LAST else f"Between 0 and {LAST:,}, the lowest first.",
        # Without a number of its own it has the organization's.
        "most_at_once": "" if columns.get("most_at_once") is None else wrong_count(columns["most_at_once"]),
        "escalation_tags": f"“{mild.title}” escalates nobody." if mild else "",
    }
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise BadTeam(found)


def wrong_title(title: str) -> str:
    return too_long(title, LONGEST_TITLE) if title.strip() else "A team has a title."


def too_long(text: str, most: int) -> str:
    return f"It is at most {most} characters long." if len(text) > most else ""


def receivers(teams: Iterable[Team], after: Iterable[Membership] = ()) -> list[Membership]:
    """Who receives what is handed on to these teams, behind those chosen themselves: each member once, team after
    team, in the order of their names; who is suspended does not."""
    found = list(after)
    for team in teams:
        there = team.members.active().select_related("user", "presence")
        known = {member.pk for member in found}
        found += there.exclude(pk__in=known).order_by("user__first_name", "user__last_name", "pk")
    return found
