"""Releases that happen by themselves, each said in a sentence; an admin makes, pauses, resumes and deletes them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import automatic
from textbank.assignments.automatic import DAYS, BadSchedule
from textbank.assignments.models import Releases, Schedule
from textbank.campaigns.models import Campaign
from textbank.contacts.zones import CLOCKS
from textbank.organizations.models import Membership, Role
from textbank.reports.receipts import said as became


class ScheduleForm(forms.Form):
    """What is released, and when."""

    releases = forms.ChoiceField(choices=Releases.choices, widget=forms.RadioSelect, label="What goes back to the pool")
    campaign = forms.ModelChoiceField(
        Campaign.objects.none(), required=False, empty_label="Every campaign that is not archived"
    )
    idle_minutes = forms.IntegerField(
        min_value=0,
        max_value=60 * 24 * 365,
        initial=60,
        required=False,
        label="Idle for so many minutes",
        help_text="For replies: since the contact wrote or the texter was given it, whichever is later. 0 takes all.",
    )
    time = forms.TimeField(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), label="At")
    timezone = forms.ChoiceField(label="Whose clock")
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(DAYS)), coerce=int, required=False, widget=forms.CheckboxSelectMultiple, label="On"
    )
    date = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        label="Or once, on",
        help_text="With a date, the days of the week do not count.",
    )

    def __init__(self, said: Any, by: Membership) -> None:
        clock = by.organization.settings.timezone
        super().__init__(said, initial={"releases": Releases.UNSENT, "timezone": clock, "weekdays": list(range(7))})
        self.fields["campaign"].queryset = by.organization.campaigns.active().order_by("title")  # type: ignore[attr-defined]
        zones = dict.fromkeys([clock, *CLOCKS])
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]

    def schedule(self, by: Membership) -> Schedule:
        said = self.cleaned_data | {"idle_minutes": self.cleaned_data["idle_minutes"] or 0}
        if said["date"]:
            # All days are ticked from the start: nobody should have to take seven off.
            said["weekdays"] = []
        return Schedule(organization=by.organization, made_by=by, **said)


@require_GET
@door(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    return page(request, ScheduleForm(None, request.member))


def page(request: MemberRequest, form: ScheduleForm, status: int = 200) -> HttpResponse:
    found = schedules_of(request.member).select_related("campaign", "made_by__user", "last_handoff")
    rows = [
        {
            "schedule": one,
            "words": automatic.in_words(one),
            "became": one.last_handoff and became(one.last_handoff),
        }
        for one in found.order_by("next_at", "pk")
    ]
    return render(request, "schedules/schedules.html", {"rows": rows, "form": form}, status=status)


def schedules_of(member: Membership) -> QuerySet[Schedule]:
    return Schedule.objects.filter(organization=member.organization_id)


@require_POST
@door(Role.ADMIN)
def new(request: MemberRequest) -> HttpResponse:
    form = ScheduleForm(request.POST, request.member)
    if form.is_valid():
        try:
            made = automatic.put_on(form.schedule(request.member), timezone.now())
            return done(request, f"{automatic.in_words(made)}. It is on.")
        except BadSchedule as no:
            for name, fault in no.fields.items():
                form.add_error(name, fault)
    return page(request, form, status=422)


@require_POST
@door(Role.ADMIN)
def pause(request: MemberRequest, pk: int) -> HttpResponse:
    automatic.pause(one_of(request, pk), timezone.now())
    return done(request, "It rests until it is resumed.")


@require_POST
@door(Role.ADMIN)
def resume(request: MemberRequest, pk: int) -> HttpResponse:
    automatic.resume(one_of(request, pk), timezone.now())
    return done(request, "It goes on. What came due meanwhile is not made up for.")


@require_POST
@door(Role.ADMIN)
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    automatic.take_off(one_of(request, pk), by=request.member)
    return done(request, "It is deleted. What it released stays as it is.")


def one_of(request: MemberRequest, pk: int) -> Schedule:
    return get_object_or_404(schedules_of(request.member), pk=pk)


def done(request: MemberRequest, what: str) -> HttpResponse:
    messages.success(request, what)
    return redirect("schedules", request.member.organization.slug)
