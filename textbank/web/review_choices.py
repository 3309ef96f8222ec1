"""What one may choose while typing: campaigns, texters and tags to filter by, texters to receive."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from django.db.models import F, Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import SUSPENDED, UNASSIGNED
from textbank.organizations.models import Membership, Role
from textbank.organizations.models.membership import MembershipQuerySet
from textbank.reports.counts import LATELY
from textbank.reports.holding import held_by

SHOWN = 20
LONGEST = 200  # characters that are searched for


class Option(NamedTuple):
    """A line of the list. `refused` says why it cannot be chosen."""

    value: int | str
    words: str
    note: str = ""
    refused: str = ""
    online: bool = False


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
    found = [
        Option(who.pk, who.name, "suspended" if who.suspended else who.user.email) for who in people(viewer, typed)
    ]
    return [*begun, *found]


def receivers(viewer: Membership, typed: str) -> list[Option]:
    """Everybody, with what waits in their hands; who is suspended is shown, and cannot be chosen."""
    found = list(people(viewer, typed))
    held = held_by(who.pk for who in found)
    now = timezone.now()
    return [
        Option(
            who.pk,
            who.name,
            f"{held[who.pk].first_messages:,} to send · {held[who.pk].replies:,} to answer",
            "suspended" if who.suspended else "",
            is_here(who, now),
        )
        for who in found
    ]


def people(viewer: Membership, typed: str) -> MembershipQuerySet:
    found = Membership.objects.filter(organization_id=viewer.organization_id).found_by(typed)
    # Who can receive comes first.
    order = (F("suspended_at").asc(nulls_first=True), "user__first_name", "user__last_name", "pk")
    return found.select_related("user", "presence").order_by(*order)[:SHOWN]


def is_here(member: Membership, now: dt.datetime) -> bool:
    return hasattr(member, "presence") and now - member.presence.seen_at < LATELY


def tags(viewer: Membership, typed: str) -> list[Option]:
    found = viewer.organization.tags.filter(title__icontains=typed).order_by("title")[:SHOWN]
    return [Option(tag.pk, tag.title, "" if tag.assignable else "escalates") for tag in found]


KINDS: dict[str, tuple[Callable[[Membership, str], list[Option]], str]] = {
    "campaigns": (campaigns, "No campaign like that."),
    "texters": (texters, "Nobody like that."),
    "receivers": (receivers, "Nobody like that."),
    "tags": (tags, "No tag like that."),
}
