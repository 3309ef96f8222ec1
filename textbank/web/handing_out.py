"""So many of a campaign's unsent first messages to each texter: said in numbers, shown, then done."""

import uuid
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from textbank.access import MemberRequest, door
from textbank.assignments import reassigning
from textbank.assignments.plans import BadPlan, Plan
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import UNASSIGNED, Filter
from textbank.conversations.models import Action, Handoff, State, Status
from textbank.organizations.models import Membership, Role
from textbank.reports import receipts
from textbank.reports.answers import against
from textbank.reports.holding import Held, held_by

MOST_EACH = 10_000


class Row(NamedTuple):
    member: Membership
    held: Held
    said: str


class Unreadable(ValueError):
    """A number that is none."""


@door(Role.ADMIN)
def hand_out(request: MemberRequest, pk: int) -> HttpResponse:
    """Asked for: everybody with a field for a number. Said: what would happen. Confirmed: done."""
    campaign = get_object_or_404(request.member.organization.campaigns.active(), pk=pk)
    people = list(receivers(request.member))
    free = unsent(campaign).conversations(request.member, timezone.now()).count()
    context = {"campaign": campaign, "rows": rows(people, request), "free": free}
    if request.method != "POST":
        return render(request, "handing_out/hand_out.html", context)
    try:
        wish = plan(campaign, people, request)
        if "sure" in request.POST:
            act = reassigning.carry_out(wish)
            (messages.success if act.moved or act.state == State.RUNNING else messages.warning)(
                request, receipts.said(act)
            )
            return redirect("handoff", request.member.organization.slug, act.pk)
        preview = reassigning.preview(wish)
        context |= {"preview": preview, "asked": sum(wish.each), "shares": shares(wish, preview), "click": uuid.uuid4()}
        context["against"] = against(preview, {who.pk: who for who in wish.texters})
        return render(request, "handing_out/sure.html", context)
    except (Unreadable, BadPlan) as no:
        return render(request, "handing_out/hand_out.html", context | {"wrong": str(no)}, status=422)


def receivers(by: Membership) -> list[Membership]:
    """Everybody who may receive, by name."""
    members = Membership.objects.active().filter(organization=by.organization_id)
    return list(members.select_related("user", "presence").order_by("user__first_name", "user__last_name", "pk"))


def unsent(campaign: Campaign) -> Filter:
    return Filter.parse({"campaign": campaign.pk, "status": Status.NEEDS_FIRST_MESSAGE.key, "texter": UNASSIGNED})


def rows(people: list[Membership], request: HttpRequest) -> list[Row]:
    held = held_by([member.pk for member in people])
    return [Row(member, held[member.pk], request.POST.get(field(member), "")) for member in people]


def field(member: Membership) -> str:
    return f"each-{member.pk}"


def plan(campaign: Campaign, people: list[Membership], request: MemberRequest) -> Plan:
    """Raises Unreadable."""
    wanted = {member: number(request.POST.get(field(member), ""), member) for member in people}
    chosen = {member: each for member, each in wanted.items() if each}
    if not chosen:
        raise Unreadable("Say for at least one texter how many.")
    click = request.POST.get("click", "")
    return Plan(
        Action.REASSIGN,
        request.member,
        timezone.now(),
        filter=unsent(campaign),
        texters=tuple(chosen),
        each=tuple(chosen.values()),
        reason=request.POST.get("reason", "").replace("\0", "").strip()[:500],
        client_id=uuid.UUID(click) if is_click(click) else None,
    )


def number(said: str, member: Membership) -> int:
    said = said.strip().replace(",", "") or "0"
    if not (said.isascii() and said.isdigit() and len(said) < 9 and int(said) <= MOST_EACH):
        raise Unreadable(f"{member.name}: give a number, {MOST_EACH:,} at most.")
    return int(said)


def is_click(said: str) -> bool:
    try:
        return bool(uuid.UUID(said))
    except ValueError:
        return False


def shares(wish: Plan, preview: Handoff) -> list[tuple[Membership, int, int]]:
    """Who asked for how many, and gets how many."""
    return [(who, each, preview.shares.get(str(who.pk), 0)) for who, each in zip(wish.texters, wish.each, strict=True)]
