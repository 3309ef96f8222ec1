"""The teams of an organization: who is in each, what its pool has now, and how one is made, changed and deleted."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.assignments.pool import KINDS, ORDER
from textbank.campaigns import disbanding
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations import teams
from textbank.organizations.models import Membership, Organization, Role, Tag, Team
from textbank.reports.pools import Stock, stock
from textbank.web.leaving import addressed, named
from textbank.web.people import steps

PAGE = 100


class TeamForm(forms.Form):
    """Everything about a team but what its pool hands out, which Assignment Control says."""

    title = forms.CharField(max_length=teams.LONGEST_TITLE)
    description = forms.CharField(
        max_length=teams.LONGEST_DESCRIPTION, required=False, help_text="What it is for, in a few words."
    )
    priority = forms.IntegerField(
        help_text="Who is in several teams is served from the one with the lowest number first.",
        widget=forms.NumberInput(attrs={"min": 0, "max": teams.LAST}),
    )
    members = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    emails = forms.CharField(required=False, max_length=50_000)
    # Who was in it when the page was opened: what others change meanwhile is not undone by saving.
    there = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    escalation_tags = forms.ModelMultipleChoiceField(
        queryset=Tag.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization
        tags = organization.tags.filter(assignable=False).order_by("title")
        self.fields["escalation_tags"].queryset = tags  # type: ignore[attr-defined]

    def clean_members(self) -> list[Membership]:
        return named(self.organization, self.cleaned_data["members"] or [])

    def clean_emails(self) -> list[Membership]:
        return addressed(self.organization, self.cleaned_data["emails"])

    def clean_there(self) -> list[Membership]:
        return named(self.organization, self.cleaned_data["there"] or [])

    @property
    def said(self) -> dict[str, Any]:
        """What is asked for, as the rule takes it."""
        said = self.cleaned_data
        wanted, there = [*said["members"], *said["emails"]], said["there"]
        return {
            **{name: said[name] for name in ("title", "description", "priority", "escalation_tags")},
            "join": [member for member in wanted if member not in there],
            "leave": [member for member in there if member not in wanted],
        }

    @property
    def chosen(self) -> list[tuple[int, str]]:
        """Who stands in the box of members."""
        return people(self.organization, self["members"].value())

    @property
    def known(self) -> list[int]:
        return [pk for pk, _ in people(self.organization, self["there"].value())]


def people(organization: Organization, ids: Any) -> list[tuple[int, str]]:
    wanted = [int(pk) for pk in ids or () if str(pk).isdecimal() and len(str(pk)) < 19]
    found = organization.memberships.filter(pk__in=wanted).select_related("user")
    return [(one.pk, one.name) for one in found.order_by("user__first_name", "user__last_name", "pk")]


class InPool(NamedTuple):
    """So many of a kind wait in a pool, and where they are listed; of a kind that it does not give, none are told."""

    waiting: int
    door: str
    given: bool


class Row(NamedTuple):
    team: Team
    staff: int
    replies: InPool
    first_messages: InPool


@require_GET
@door(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    organization = request.member.organization
    found = organization.teams.prefetch_related("escalation_tags")
    page = Paginator(found.order_by("priority", "title", "pk"), PAGE).get_page(request.GET.get("page"))
    _, *pools = stock(organization, page, timezone.now())
    staff = dict(organization.teams.values_list("pk").annotate(Count("members")))
    rows = [
        Row(team, staff[team.pk], *(in_pool(request, one, status) for status in ORDER))
        for team, one in zip(page, pools, strict=True)
    ]
    return render(request, "teams/teams.html", {"rows": rows, "page": page, **steps(request, page)})


def in_pool(request: MemberRequest, one: Stock, status: Status) -> InPool:
    here = reverse("message_review", args=[request.member.organization.slug])
    waiting = one.there[status]
    address = f"{here}?{one.which(status).as_query()}" if waiting else ""
    return InPool(waiting, address, status in KINDS[one.pool.gives])


@door(Role.ADMIN)
def new(request: MemberRequest) -> HttpResponse:
    form = TeamForm(request.member.organization, request.POST or None, initial={"priority": Team().priority})
    if form.is_valid():
        said = {**form.said, "members": form.said["join"]}
        del said["join"], said["leave"]
        try:
            return done(request, f"Team “{teams.make(by=request.member, **said).title}” is there.")
        except teams.BadTeam as no:
            blame(form, no)
    return asked(request, form)


@door(Role.ADMIN)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    team = one_of(request, pk)
    there = list(team.members.values_list("pk", flat=True))
    known = {name: getattr(team, name) for name in ("title", "description", "priority")}
    known |= {"members": there, "there": there, "escalation_tags": team.escalation_tags.all()}
    form = TeamForm(request.member.organization, request.POST or None, initial=known)
    if form.is_valid():
        try:
            return done(request, f"“{teams.change(team, by=request.member, **form.said).title}” is saved.")
        except teams.BadTeam as no:
            blame(form, no)
    return asked(request, form, team)


def blame(form: TeamForm, no: teams.BadTeam) -> None:
    for name, why in no.fields.items():
        form.add_error(name, why)


def asked(request: MemberRequest, form: TeamForm, team: Team | None = None) -> HttpResponse:
    campaigns = Campaign.objects.active().filter(teams=team).order_by("-pk") if team else ()
    context = {"form": form, "team": team, "campaigns": campaigns}
    return render(request, "teams/team.html", context, status=422 if form.is_bound else 200)


@door(Role.ADMIN)
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Asked: what becomes of its members, and of campaigns that are for it alone. Said: it is gone."""
    team = one_of(request, pk)
    why = ""
    if request.method == "POST":
        try:
            lift = {"yes": True, "no": False}.get(request.POST.get("lift", ""))
            return done(request, deleted(team, disbanding.disband(team, by=request.member, lift=lift), lift=bool(lift)))
        except disbanding.ForNobody as no:
            why = str(no)
    context = {"team": team, "staff": team.members.count(), "alone": disbanding.alone_with(team), "why": why}
    in_a_dialog = bool(request.headers.get("HX-Request"))
    template = f"teams/{'delete_dialog' if in_a_dialog else 'delete'}.html"
    return render(request, template, context, status=422 if why else 200)


def deleted(team: Team, campaigns: list[Campaign], *, lift: bool) -> str:
    titles = ", ".join(f"“{campaign.title}”" for campaign in campaigns)
    what = f" {titles}: offered to {'everybody' if lift else 'nobody'} now." if campaigns else ""
    return f"Team “{team.title}” is deleted.{what}"


def one_of(request: MemberRequest, pk: int) -> Team:
    return get_object_or_404(request.member.organization.teams, pk=pk)


def done(request: MemberRequest, what: str) -> HttpResponse:
    messages.success(request, what)
    return redirect("teams", request.member.organization.slug)
