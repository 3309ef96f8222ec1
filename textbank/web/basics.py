"""A campaign's basics: its name, its due date, when it texts, whether it hands out texts by itself."""

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
from textbank.organizations.models import Role
from textbank.reports.offering import place
from textbank.web.campaigns import one_of

LAW = f"{FEDERAL.start:%-I %p} to {FEDERAL.end:%-I %p}"


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

    def __init__(self, service: MessagingService | None, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.legal = service is not None and service.legal_hours
        zones = CLOCKS if zone in CLOCKS else (zone, *CLOCKS)
        self.fields["timezone"].choices = [(name, place(name)) for name in zones]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.legal and {"texting_starts", "texting_ends", "timezone"} <= set(cleaned):
            hours = Hours(cleaned["texting_starts"], cleaned["texting_ends"])
            if opens_at(cleaned["timezone"], hours, True, timezone.now()) is None:
                self.add_error("texting_ends", f"The law allows texts from {LAW} only. These hours never meet it.")
        return cleaned


@door(Role.ADMIN)
def new(request: MemberRequest) -> HttpResponse:
    organization = request.member.organization
    settings = organization.settings
    usual = {name: getattr(settings, name) for name in ("texting_starts", "texting_ends", "timezone")}
    # What it will send with is not its own yet; the organization's first service is what it will be.
    service = service_of(Campaign(organization=organization))
    form = BasicsForm(service, settings.timezone, request.POST or None, initial={"autoassign": True, **usual})
    if form.is_valid():
        campaign = planning.plan(by=request.member, **form.cleaned_data)
        return redirect("contacts", organization.slug, campaign.pk)
    return answered(request, form, None)


@door(Role.ADMIN)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    known = {name: getattr(campaign, name) for name in BasicsForm.base_fields}
    service = campaign.service or service_of(campaign)
    form = BasicsForm(service, campaign.timezone, request.POST or None, initial=known)
    if form.is_valid():
        editing.change(campaign, by=request.member, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("contacts" if campaign.state == "draft" else "campaign", campaign.organization.slug, pk)
    return answered(request, form, campaign)


def answered(request: MemberRequest, form: BasicsForm, campaign: Campaign | None) -> HttpResponse:
    context = {"form": form, "campaign": campaign, "step": "basics", "law": LAW if form.legal else ""}
    return render(request, "campaigns/basics.html", context, status=422 if form.is_bound else 200)
