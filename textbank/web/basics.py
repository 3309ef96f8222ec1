"""A campaign's basics: its name, its due date, when it texts, to whom it hands out texts by itself."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from textbank.access import MemberRequest, door
from textbank.campaigns import editing, planning
from textbank.campaigns.launching import service_of
from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import FEDERAL, Hours, opens_at
from textbank.contacts.zones import CLOCKS
from textbank.messaging.models import MessagingService
from textbank.organizations.models import Organization, Role, Team
from textbank.reports.offering import place
from textbank.web.campaigns import one_of

LAW = f"{FEDERAL.start:%-I %p} to {FEDERAL.end:%-I %p}"


EVERYBODY, FIRST, ALONE = "everybody", "first", "alone"
# Who is offered a campaign: (words, what it means).
FOR_WHOM = {
    EVERYBODY: ("Everybody", "Whoever may ask for texts"),
    FIRST: ("These teams first", "Their members are served from this campaign before any other; everybody else after"),
    ALONE: ("These teams alone", "Nobody else is offered its texts"),
}


class BasicsForm(forms.Form):
    """Everything about a campaign but its contacts and its script."""

    title = forms.CharField(max_length=200, help_text="Texters see it above every conversation.")
    description = forms.CharField(
        required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 3, "data-autosize": True})
    )
    due_by = forms.DateField(
        label="Due date",
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text="From the day after, first messages are not offered any more. Replies are.",
    )
    texting_starts = forms.TimeField(label="From", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    texting_ends = forms.TimeField(label="Until", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    timezone = forms.ChoiceField(
        label="Clock of contacts whose place is not known",
        help_text="A ZIP code or an area code tells the place of most.",
    )
    autoassign = forms.BooleanField(
        required=False,
        label="Autoassign",
        help_text="Texters who ask are given texts of this campaign. Without it, only an admin hands them on.",
    )

    for_whom = forms.ChoiceField(
        label="For whom",
        choices=[(whom, words) for whom, (words, _) in FOR_WHOM.items()],
        widget=forms.RadioSelect,
        required=False,
    )
    teams = forms.ModelMultipleChoiceField(queryset=Team.objects.none(), required=False)
    priority = forms.IntegerField(
        help_text="First messages of the campaign with the lowest number are given first.",
        widget=forms.NumberInput(attrs={"min": 0, "max": editing.LAST}),
    )
    release_after_minutes = forms.IntegerField(
        label="Release replies left idle, in minutes",
        required=False,
        help_text="A texter who has not answered for so long gives the reply back to the pool. Empty: never.",
        widget=forms.NumberInput(attrs={"min": 1, "max": editing.LONGEST_IDLE}),
    )

    def __init__(
        self, organization: Organization, service: MessagingService | None, zone: str, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.legal = service is not None and service.legal_hours
        self.fields["teams"].queryset = organization.teams.all()  # type: ignore[attr-defined]
        zones = CLOCKS if zone in CLOCKS else (zone, *CLOCKS)
        self.fields["timezone"].choices = [(name, place(name)) for name in zones]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("for_whom") == FIRST and not cleaned.get("teams"):
            self.add_error("teams", editing.NO_TEAM)
        if self.legal and {"texting_starts", "texting_ends", "timezone"} <= set(cleaned):
            hours = Hours(cleaned["texting_starts"], cleaned["texting_ends"])
            if opens_at(cleaned["timezone"], hours, True, timezone.now()) is None:
                self.add_error("texting_ends", f"The law allows texts from {LAW} only. These hours never meet it.")
        return cleaned

    @property
    def said(self) -> dict[str, Any]:
        """What is asked for, as the rule takes it."""
        said = {**self.cleaned_data}
        for_whom, teams = said.pop("for_whom") or EVERYBODY, list(said.pop("teams"))
        return {**said, "limited_to_teams": for_whom == ALONE, "teams": [] if for_whom == EVERYBODY else teams}

    @property
    def chosen(self) -> list[tuple[int, str]]:
        """The teams that are chosen, for the box in which they stand."""
        asked = self["teams"].value() or []
        found = self.fields["teams"].queryset.filter(pk__in=[pk for pk in asked if str(pk).isdecimal()])  # type: ignore[attr-defined]
        return [(team.pk, team.title) for team in found.order_by("title")]


@door(Role.ADMIN)
def new(request: MemberRequest) -> HttpResponse:
    organization = request.member.organization
    settings = organization.settings
    usual = {name: getattr(settings, name) for name in ("texting_starts", "texting_ends", "timezone")}
    # What it will send with is not its own yet; the organization's first service is what it will be.
    draft = Campaign(organization=organization)
    service = service_of(draft)
    first = {"autoassign": True, "for_whom": EVERYBODY, "priority": draft.priority, **usual}
    form = BasicsForm(organization, service, settings.timezone, request.POST or None, initial=first)
    if form.is_valid():
        try:
            campaign = planning.plan(by=request.member, **form.said)
            return redirect("contacts", organization.slug, campaign.pk)
        except editing.BadBasics as no:
            blame(form, no)
    return answered(request, form, None)


@door(Role.ADMIN)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    teams = list(campaign.teams.values_list("pk", flat=True))
    known = {name: getattr(campaign, name) for name in editing.BASICS}
    known |= {"teams": teams, "for_whom": ALONE if campaign.limited_to_teams else FIRST if teams else EVERYBODY}
    service = campaign.service or service_of(campaign)
    form = BasicsForm(campaign.organization, service, campaign.timezone, request.POST or None, initial=known)
    if form.is_valid():
        try:
            editing.change(campaign, by=request.member, **form.said)
            messages.success(request, "Saved.")
            return redirect("contacts" if campaign.state == "draft" else "campaign", campaign.organization.slug, pk)
        except editing.BadBasics as no:
            blame(form, no)
    return answered(request, form, campaign)


def blame(form: BasicsForm, no: editing.BadBasics) -> None:
    for name, why in no.fields.items():
        form.add_error(name, why)


def answered(request: MemberRequest, form: BasicsForm, campaign: Campaign | None) -> HttpResponse:
    limited = campaign is not None and campaign.limited_to_teams
    context = {
        "form": form,
        "campaign": campaign,
        "step": "basics",
        "law": LAW if form.legal else "",
        "whom": FOR_WHOM,
        "any_team": limited or request.member.organization.teams.exists(),
    }
    return render(request, "campaigns/basics.html", context, status=422 if form.is_bound else 200)
