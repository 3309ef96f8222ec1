"""What one may choose while typing: campaigns, texters, teams and tags to filter by, texters to receive."""

import datetime as dt
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door, handing_on_door
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import SUSPENDED, UNASSIGNED
from textbank.organizations import teams
from textbank.organizations.models import Membership, Role, Team
from textbank.organizations.models.membership import MembershipQuerySet
from textbank.reports.counts import LATELY
from textbank.reports.holding import Held, held_by

SHOWN = 20
LONGEST = 200  # characters that are searched for
MOST_PASTED = 1_000  # addresses in one go, as many as a hand-off has receivers
SPELT_OUT = 50  # names in a sentence


class Option(NamedTuple):
    """A line of the list. `refused` says why it cannot be chosen; a `team` becomes its members."""

    value: int | str
    words: str
    note: str = ""
    refused: str = ""
    online: bool = False
    colour: str = ""
    team: int | None = None


@require_POST
@handing_on_door
def several(request: MemberRequest) -> HttpResponse:
    """Receivers by the list: a team's, everybody who is here now, or whose addresses were pasted, in that order."""
    everybody = Membership.objects.filter(organization_id=request.member.organization_id)
    everybody = everybody.select_related("user", "presence").order_by("user__first_name", "user__last_name", "pk")
    if "here" in request.POST:
        found = list(everybody.active().filter(presence__seen_at__gte=timezone.now() - LATELY))
        said = f"{len(found):,} here now." if found else "Nobody is here just now."
    elif "team" in request.POST:
        team = one_of(request.member, request.POST["team"])
        found = teams.receivers([team])
        said = f"{len(found):,} of team {team.title}." if found else f"Nobody in team {team.title} can receive."
    else:
        found, said = named_in(pasted(request.POST.get("pasted", "")), everybody)
    options = [as_receiver(who, held, timezone.now()) for who, held in with_work(found)]
    context = {"options": options, "none": said, "said": said, "list": request.POST.get("list")}
    return render(request, "review/options.html", context)


def one_of(viewer: Membership, pk: str) -> Team:
    """Raises Http404."""
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        raise Http404("There is no such team.")
    return get_object_or_404(viewer.organization.teams, pk=int(pk))


def pasted(text: str) -> list[str]:
    """The e-mail addresses in it, each once, however they are separated: "Tess <tess@x.org>; theo@x.org"."""
    words = re.split(r"[\s,;<>\"']+", text.replace("\0", " ").lower())
    return list(dict.fromkeys(word for word in words if "@" in word))


def named_in(addresses: list[str], everybody: MembershipQuerySet) -> tuple[list[Membership], str]:
    """Whose addresses these are and who can receive, in their order; and in words who is left out, and why."""
    read = addresses[:MOST_PASTED]
    there = {who.user.email: who for who in everybody.filter(user__email__in=read)}
    unknown = [address for address in read if address not in there]
    found = [there[address] for address in read if address in there]
    gone = [who.name for who in found if who.suspended]
    said = [
        f"{len(found) - len(gone):,} of {len(addresses):,} addresses chosen.",
        f"Nobody here has {listed(unknown)}." if unknown else "",
        f"Suspended, and not chosen: {listed(gone)}." if gone else "",
        f"Only the first {MOST_PASTED:,} of {len(addresses):,} addresses were read." if addresses[MOST_PASTED:] else "",
    ]
    return [who for who in found if not who.suspended], " ".join(filter(None, said))


def listed(names: list[str]) -> str:
    """“tess@x.org, theo@x.org and 31 more”."""
    more = len(names) - SPELT_OUT
    return f"{', '.join(names[:SPELT_OUT])}{f' and {more:,} more' if more > 0 else ''}"


@require_GET
@door(Role.SUPERVOLUNTEER)
def choices(request: MemberRequest, kind: str) -> HttpResponse:
    """The options that fit what has been typed so far, at most twenty."""
    if kind not in KINDS:
        raise Http404("There is nothing of that kind to choose.")
    of, none = KINDS[kind]
    options = of(request.member, request.GET.get("q", "")[:LONGEST].replace("\0", "").strip())
    return render(
        request, "review/options.html", {"options": options, "none": none, "list": request.GET.get("list", "option")}
    )


def campaigns(viewer: Membership, typed: str) -> list[Option]:
    """Those whose title has every word, or whose id it is: the active ones first, the newest of them first."""
    wanted = Q()
    for word in typed.split():
        wanted &= Q(title__icontains=word)
    if typed.isdecimal() and len(typed) < 19:
        wanted |= Q(pk=int(typed))
    found = Campaign.objects.filter(wanted, organization_id=viewer.organization_id)
    rows = found.order_by("archived_at", "-pk").only("title", "archived_at")[:SHOWN]
    return [Option(one.pk, one.title, "archived" if one.archived_at else f"#{one.pk}") for one in rows]


def texters(viewer: Membership, typed: str) -> list[Option]:
    special = [
        Option(UNASSIGNED, "Unassigned", "in the pool"),
        Option(SUSPENDED, "Anybody suspended", "who cannot answer"),
    ]
    begun = [option for option in special if typed.lower() in option.words.lower()]
    return [*begun, *members(viewer, typed)]


def members(viewer: Membership, typed: str) -> list[Option]:
    return [Option(who.pk, who.name, "suspended" if who.suspended else who.user.email) for who in people(viewer, typed)]


def receivers(viewer: Membership, typed: str) -> list[Option]:
    """Teams, and everybody with what waits in their hands; who is suspended is shown, and cannot be chosen."""
    now, receive = timezone.now(), Count("members", filter=Q(members__suspended_at=None))
    some = [as_receivers(team, team.receive) for team in titled(viewer, typed).annotate(receive=receive)[:SHOWN]]
    return [*some, *(as_receiver(who, held, now) for who, held in with_work(people(viewer, typed)))]


def as_receivers(team: Team, count: int) -> Option:
    words = f"Team {team.title} ({count:,})"
    return Option(f"team-{team.pk}", words, team.description, "" if count else "nobody in it", team=team.pk)


def with_work(members: Iterable[Membership]) -> list[tuple[Membership, Held]]:
    members = list(members)
    held = held_by(who.pk for who in members)
    return [(who, held[who.pk]) for who in members]


def as_receiver(who: Membership, held: Held, now: dt.datetime) -> Option:
    has = f"{held.first_messages:,} to send · {held.replies:,} to answer"
    return Option(who.pk, who.name, has, "suspended" if who.suspended else "", is_here(who, now))


def people(viewer: Membership, typed: str) -> MembershipQuerySet:
    found = Membership.objects.filter(organization_id=viewer.organization_id).found_by(typed)
    # Who can receive comes first.
    order = (F("suspended_at").asc(nulls_first=True), "user__first_name", "user__last_name", "pk")
    return found.select_related("user", "presence").order_by(*order)[:SHOWN]


def is_here(member: Membership, now: dt.datetime) -> bool:
    return hasattr(member, "presence") and now - member.presence.seen_at < LATELY


def held_by_teams(viewer: Membership, typed: str) -> list[Option]:
    return [Option(team.pk, team.title, team.description) for team in titled(viewer, typed)[:SHOWN]]


def titled(viewer: Membership, typed: str) -> QuerySet[Team]:
    return viewer.organization.teams.filter(title__icontains=typed).order_by(Lower("title"), "pk")


def tags(viewer: Membership, typed: str) -> list[Option]:
    found = viewer.organization.tags.filter(title__icontains=typed).order_by("title")[:SHOWN]
    return [Option(tag.pk, tag.title, "" if tag.assignable else "escalates", colour=tag.colour) for tag in found]


KINDS: dict[str, tuple[Callable[[Membership, str], list[Option]], str]] = {
    "campaigns": (campaigns, "No campaign like that."),
    "texters": (texters, "Nobody like that."),
    "members": (members, "Nobody like that."),
    "receivers": (receivers, "Nobody like that."),
    "tags": (tags, "No tag like that."),
    "teams": (held_by_teams, "No team like that."),
}
