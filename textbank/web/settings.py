"""What an owner decides for the organization, on one page, and what was decided before."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone

from textbank.access import MemberRequest, door
from textbank.assignments import deciding
from textbank.campaigns import blanks
from textbank.campaigns.launching import service_of
from textbank.campaigns.models import Campaign
from textbank.contacts.zones import CLOCKS
from textbank.organizations import controlling
from textbank.organizations.models import AuditEntry, Organization, Role
from textbank.reports.offering import place

SHOWN = 10  # earlier changes


BLANKS = f"Blanks: {', '.join(f'{{{name}}}' for name in blanks.NAMES)}."


def reply(label: str, help_text: str, *, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 3, "data-autosize": True, "maxlength": deciding.LONGEST_REPLY})
    return forms.CharField(
        label=label, help_text=help_text, max_length=deciding.LONGEST_REPLY, widget=area, required=required
    )


class SettingsForm(forms.Form):
    """Every setting. What each was when the page was opened comes back with it: only what was changed is saved."""

    name = forms.CharField(
        label="Name", max_length=deciding.LONGEST_NAME, help_text="On every page, and in invitations."
    )
    texting_starts = forms.TimeField(label="From", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    texting_ends = forms.TimeField(label="Until", widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}))
    timezone = forms.ChoiceField(
        label="Clock of the organization",
        help_text="Times on the pages are told by it. New campaigns take it for contacts whose place is not known.",
    )
    most_at_once = forms.IntegerField(
        label="Most texts at once",
        help_text="As many a texter may ask for in one go.",
        widget=forms.NumberInput(attrs={"min": 1, "max": controlling.MOST_AT_ONCE}),
    )
    show_last_names = forms.BooleanField(
        required=False,
        label="Show contacts’ last names to texters",
        help_text="Supervolunteers and above see them always.",
    )
    show_numbers = forms.BooleanField(
        required=False,
        label="Show contacts’ numbers to texters",
        help_text="Supervolunteers and above see them always.",
    )
    supervolunteers_reassign = forms.BooleanField(
        required=False,
        label="Supervolunteers may reassign",
        help_text="Reassign and unassign in Message Review, and undo that. Releases stay with admins.",
    )
    opt_out_reply = reply("After STOP", "Sent by itself, as it stands.")
    help_reply = reply("After HELP", "Sent by itself, as it stands.")
    farewell = reply("Farewell", f"Offered to a texter who opts somebody out. {BLANKS}")
    intro_line = reply(
        "After a take-over",
        "Offered to a texter who goes on where somebody else wrote, to begin with. Empty, nothing is offered. The same "
        "blanks.",
        required=False,
    )

    def __init__(self, organization: Organization, said: QueryDict | None = None) -> None:
        kept = {"name": organization.name, **settings_of(organization)}
        super().__init__(said, initial=kept)
        zones = CLOCKS if kept["timezone"] in CLOCKS else (kept["timezone"], *CLOCKS)
        self.fields["timezone"].choices = [(zone, place(zone)) for zone in zones]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data}


def settings_of(organization: Organization) -> dict[str, Any]:
    return {name: getattr(organization.settings, name) for name in deciding.SETTINGS}


@door(Role.OWNER)
def settings(request: MemberRequest) -> HttpResponse:
    organization = request.member.organization
    form = SettingsForm(organization, request.POST or None)
    if form.is_valid() and saved(request, form):
        return redirect("settings", organization.slug)
    service = service_of(Campaign(organization=organization))
    context = {
        "form": form,
        "law": deciding.LAW if service and service.legal_hours else "",
        "changes": changes(organization),
    }
    return render(request, "settings/settings.html", context, status=422 if form.is_bound else 200)


def saved(request: MemberRequest, form: SettingsForm) -> bool:
    try:
        new = deciding.decide(request.member.organization, by=request.member, now=timezone.now(), **form.said)
    except deciding.BadSettings as no:
        for name, why in no.fields.items():
            form.add_error(name, why)
        return False
    messages.success(request, "Saved." if new else "Nothing was changed.")
    return True


class Changed(NamedTuple):
    """One setting that somebody changed."""

    label: str
    was: str
    now: str


def changes(organization: Organization) -> list[tuple[AuditEntry, list[Changed]]]:
    """What was decided lately, latest first."""
    entries = organization.audit.filter(did=deciding.DID).select_related("by__user").order_by("-at", "-pk")[:SHOWN]
    return [(entry, changed(entry)) for entry in entries]


def changed(entry: AuditEntry) -> list[Changed]:
    was, now = entry.details["was"], entry.details["now"]
    return [Changed(LABELS[name], in_words(was[name]), in_words(now[name])) for name in LABELS if name in now]


LABELS = {
    **{name: str(field.label) for name, field in SettingsForm.base_fields.items()},
    "texting_starts": "Texting hours from",
    "texting_ends": "Texting hours until",
}


def in_words(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
