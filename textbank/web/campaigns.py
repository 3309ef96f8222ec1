"""The campaigns of an organization, page by page, and what may be done with each."""

import json
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import archiving
from textbank.campaigns import editing, launching
from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.organizations.models import Membership, Role
from textbank.reports.counts import Counts, by_campaign
from textbank.reports.holding import stuck_by_campaign
from textbank.reports.offering import why_nothing
from textbank.reports.pages import ids

PAGE = 25

STATES = [("active", "Active"), ("draft", "Drafts"), ("archived", "Archived")]


class CampaignFilter(forms.Form):
    search = forms.CharField(required=False, max_length=200, strip=True)
    state = forms.ChoiceField(required=False, choices=STATES)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    after = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def of(self, campaigns: CampaignQuerySet) -> CampaignQuerySet:
        """Those it asks for; what makes no sense asks for none."""
        if not self.is_valid():
            return campaigns.none()
        found = campaigns.found_by(self.cleaned_data["search"])
        if self.chosen == "archived":
            return found.exclude(archived_at=None)
        return found.active().filter(started_at=None) if self.chosen == "draft" else found.active()

    @property
    def chosen(self) -> str:
        return (self.cleaned_data.get("state") if self.is_valid() else "") or "active"


class Row(NamedTuple):
    campaign: Campaign
    counts: Counts
    why_nothing: str
    past_due: bool
    stuck: int = 0  # waiting with suspended texters


@require_GET
@door(Role.SUPERVOLUNTEER)
def listed(request: MemberRequest) -> HttpResponse:
    if request.GET.get("part") == "rows":
        return in_place(request)
    form = CampaignFilter(request.GET)
    found = form.of(of(request.member))
    page, steps = keyset(found, form, request)
    context = {"rows": rows(page), "form": form, "states": tabs(form, request), "count": found.count(), **steps}
    return render(request, "campaigns/campaigns.html", context)


def in_place(request: MemberRequest) -> HttpResponse:
    """The rows that an open list shows, as they are now: none comes, and none goes away."""
    shown = of(request.member).filter(pk__in=ids(request.GET.get("shown", ""))).order_by("-pk")[:PAGE]
    return render(request, "campaigns/rows.html", {"rows": rows(list(shown))})


def of(member: Membership) -> CampaignQuerySet:
    return Campaign.objects.filter(organization=member.organization).select_related("organization", "service")


def rows(campaigns: list[Campaign]) -> list[Row]:
    """The campaigns with their figures: three statements, however many there are."""
    now = timezone.now()
    counts = by_campaign([campaign.pk for campaign in campaigns])
    silent = why_nothing(campaigns, counts, now)
    stuck = stuck_by_campaign(campaigns[0].organization, counts) if campaigns else {}
    return [
        Row(one, counts[one.pk], silent.get(one.pk, ""), is_past_due(one), stuck.get(one.pk, 0)) for one in campaigns
    ]


def is_past_due(campaign: Campaign) -> bool:
    return not campaign.archived_at and campaign.past_due(timezone.now())


def keyset(
    found: CampaignQuerySet, form: CampaignFilter, request: HttpRequest
) -> tuple[list[Campaign], dict[str, str]]:
    """One page, newest first, and the addresses of the pages beside it."""
    before, after = (form.cleaned_data.get(name) if form.is_valid() else None for name in ("before", "after"))
    if after:
        page = list(found.filter(pk__gt=after).order_by("pk")[: PAGE + 1])
        newer, older, page = len(page) > PAGE, True, page[:PAGE][::-1]
    else:
        page = list((found.filter(pk__lt=before) if before else found).order_by("-pk")[: PAGE + 1])
        newer, older, page = bool(before), len(page) > PAGE, page[:PAGE]
    steps = {}
    if newer and page:
        steps["previous"] = address(request, after=page[0].pk)
    if older and page:
        steps["next"] = address(request, before=page[-1].pk)
    return page, steps


def address(request: HttpRequest, **changed: object) -> str:
    """This list with something else asked for, from its beginning unless said otherwise."""
    asked = request.GET.copy()
    for name in ("before", "after"):
        asked.pop(name, None)
    for name, value in changed.items():
        asked[name] = str(value)
    return f"?{asked.urlencode()}"


def tabs(form: CampaignFilter, request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": address(request, state=state), "current": state == form.chosen}
        for state, label in STATES
    ]


@require_POST
@door(Role.ADMIN)
def start(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    try:
        launching.start(campaign, by=request.member, now=timezone.now())
    except launching.NotReady as no:
        messages.error(request, f"{campaign.title} cannot start yet. {' '.join(no.missing)}")
        return redirect("campaign", request.member.organization.slug, pk)
    return done(request, campaign, f"{campaign.title} has started.")


@require_POST
@door(Role.ADMIN)
def pause(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    launching.pause(campaign, by=request.member, now=timezone.now())
    return done(request, campaign, f"{campaign.title} is paused. Nothing is sent until you resume it.")


@require_POST
@door(Role.ADMIN)
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    launching.resume(campaign, by=request.member)
    return done(request, campaign, f"{campaign.title} goes on.")


@require_POST
@door(Role.ADMIN)
def archive(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    cancelled = archiving.archive(campaign, by=request.member, now=timezone.now())
    texts = f" {cancelled:,} texts on the way out were cancelled." if cancelled else ""
    texts = " One text on the way out was cancelled." if cancelled == 1 else texts
    return done(request, campaign, f"{campaign.title} is archived.{texts}")


@require_POST
@door(Role.ADMIN)
def unarchive(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    archiving.unarchive(campaign, by=request.member)
    return done(request, campaign, f"{campaign.title} is back.")


@require_POST
@door(Role.ADMIN)
def autoassign(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    on = request.POST.get("on") == "yes"
    editing.change(campaign, by=request.member, autoassign=on)
    said = "hands out texts to whoever asks" if on else "hands out nothing by itself any more"
    return done(request, campaign, f"{campaign.title} {said}.")


def one_of(request: MemberRequest, pk: int) -> Campaign:
    return get_object_or_404(of(request.member), pk=pk)


def done(request: MemberRequest, campaign: Campaign, said: str) -> HttpResponse:
    """What happened: in the list the row as it is now, elsewhere the campaign's page."""
    if not request.headers.get("HX-Request"):
        messages.success(request, said)
        return redirect("campaign", request.member.organization.slug, campaign.pk)
    answer = render(request, "campaigns/row.html", {"row": rows([campaign])[0]})
    answer["HX-Trigger"] = json.dumps({"toast": {"text": said}})
    return answer
