"""Releases: work goes back to the pool from a campaign's menu, or from every campaign at once.

Each asks first, with the number that would go and why the others stay; what is confirmed is what was counted.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from textbank.access import MemberRequest, door
from textbank.assignments import releasing
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Action, Handoff
from textbank.conversations.snapshots import BadSnapshot, Snapshot
from textbank.organizations.models import Role
from textbank.reports import receipts
from textbank.web import handoffs
from textbank.web.campaigns import one_of, rows

IDLE = 60  # minutes that the dialog begins with
LONGEST_IDLE = 60 * 24 * 365


@dataclass(frozen=True)
class Release:
    """One of the three: what it is called, where it stands, and the rule behind it."""

    action: Action
    address: str
    campaign: Campaign | None
    rule: Callable[..., Handoff]

    @property
    def title(self) -> str:
        return self.action.label

    @property
    def by_idleness(self) -> bool:
        return self.action != Action.RELEASE_UNSENT


class Count(forms.Form):
    """How long a reply must have been idle to be counted."""

    idle_minutes = forms.IntegerField(min_value=0, max_value=LONGEST_IDLE)


class Confirmation(forms.Form):
    """What was counted, and the click. `counted` is the minutes it was counted for."""

    counted = forms.IntegerField(required=False, min_value=0, max_value=LONGEST_IDLE)
    expect = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    as_of = forms.CharField(max_length=10_000)
    client_id = forms.UUIDField()
    reason = forms.CharField(required=False, max_length=500, strip=True)


@never_cache
@door(Role.ADMIN)
def unsent(request: MemberRequest, pk: int) -> HttpResponse:
    campaign, now = one_of(request, pk), timezone.now()

    def rule(minutes: int | None, **wishes: Any) -> Handoff:
        return releasing.release_unsent(campaign, by=request.member, now=now, **wishes)

    return asked(request, Release(Action.RELEASE_UNSENT, here(request, "release_unsent", pk), campaign, rule))


@never_cache
@door(Role.ADMIN)
def unreplied(request: MemberRequest, pk: int) -> HttpResponse:
    campaign, now = one_of(request, pk), timezone.now()

    def rule(minutes: int, **wishes: Any) -> Handoff:
        return releasing.release_unreplied(campaign, minutes, by=request.member, now=now, **wishes)

    return asked(request, Release(Action.RELEASE_UNREPLIED, here(request, "release_unreplied", pk), campaign, rule))


@never_cache
@door(Role.ADMIN)
def unhandled(request: MemberRequest) -> HttpResponse:
    now = timezone.now()

    def rule(minutes: int, **wishes: Any) -> Handoff:
        return releasing.release_unhandled(minutes, by=request.member, now=now, **wishes)

    return asked(request, Release(Action.RELEASE_UNHANDLED, here(request, "release_unhandled"), None, rule))


def here(request: MemberRequest, name: str, *parts: int) -> str:
    return reverse(name, args=[request.member.organization.slug, *parts])


def asked(request: MemberRequest, release: Release) -> HttpResponse:
    """Counted for a look; released for a click, unless something else was asked for than was counted."""
    if request.method != "POST":
        return counted(
            request, release, Count(request.GET if "idle_minutes" in request.GET else {"idle_minutes": IDLE})
        )
    minutes, confirmed = Count(request.POST), Confirmation(request.POST)
    if not confirmed.is_valid() or (release.by_idleness and not same(minutes, confirmed)):
        return counted(request, release, minutes, anew=True)
    said = confirmed.cleaned_data
    try:
        seen = Snapshot.parse(said["as_of"])
    except BadSnapshot:
        return counted(request, release, minutes, anew=True)
    wishes = {key: said[key] for key in ("expect", "client_id", "reason")}
    act = release.rule(said["counted"], as_of=seen, **wishes)
    return handoffs.receipt(request, act, row=rows([release.campaign])[0] if release.campaign else None)


def same(minutes: Count, confirmed: Confirmation) -> bool:
    return minutes.is_valid() and minutes.cleaned_data["idle_minutes"] == confirmed.cleaned_data["counted"]


def counted(request: MemberRequest, release: Release, minutes: Count, *, anew: bool = False) -> HttpResponse:
    """The question with its numbers. `anew`: somebody confirmed what had not been counted."""
    context = {
        "release": release,
        "minutes": minutes,
        "reason": request.POST.get("reason", "")[:500],
        "anew": anew,
        **(figures(release, minutes.cleaned_data["idle_minutes"]) if minutes.is_valid() else figures(release, None)),
    }
    part = "count" if request.GET.get("part") == "count" else "dialog" if handoffs.by_htmx(request) else "release"
    return render(request, f"releases/{part}.html", context, status=422 if anew else 200)


def figures(release: Release, minutes: int | None) -> dict[str, Any]:
    """What would move and what would stay, as of now; and of replies, how many there are whatever their age."""
    if release.by_idleness and minutes is None:
        return {}
    seen = Snapshot.now()
    shown = release.rule(minutes, as_of=seen, dry_run=True)
    return {
        "shown": shown,
        "stays": receipts.in_words(shown),
        "all": release.rule(0, as_of=seen, dry_run=True).moved if release.by_idleness else None,
        "idle": minutes,
        "as_of": seen.token(),
        "client_id": uuid.uuid4(),
    }
