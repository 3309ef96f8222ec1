"""What the pools give people is changed: on a person's page, or for all that are ticked among People."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from textbank.access import MemberRequest, door
from textbank.organizations import allotting
from textbank.organizations.allotting import BadCap
from textbank.organizations.models import Membership, Role
from textbank.organizations.people import NotAllowed
from textbank.web.allotments import AllotAll, AllotForm
from textbank.web.people import PAGE, refused, someone, to


@require_POST
@door(Role.ADMIN)
def one(request: MemberRequest, pk: int) -> HttpResponse:
    member = someone(request, pk)
    form = AllotForm.of(member, request.POST)
    if not form.is_valid():
        return refused(request, member, next(str(faults[0]) for faults in form.errors.values()))
    try:
        changed = allotting.allot([member], by=request.member, **form.cleaned_data)
    except NotAllowed:
        return refused(request, member, f"Your role does not let you change {member.name}.")
    except BadCap as no:
        return refused(request, member, str(no))
    messages.success(request, "Saved." if changed else "Nothing was changed.")
    return to(request, member)


@require_POST
@door(Role.ADMIN)
def several(request: MemberRequest) -> HttpResponse:
    """Those who are ticked on a page of People; back to that page."""
    ids = [pk for pk in request.POST.getlist("people") if pk.isascii() and pk.isdigit() and len(pk) < 19][:PAGE]
    members = list(request.member.organization.memberships.filter(pk__in=ids))
    form = AllotAll(request.POST)
    say(request, members, form)
    return redirect(back(request))


def say(request: MemberRequest, members: list[Membership], form: AllotAll) -> None:
    if not members or not form.is_valid():
        faults = (str(faults[0]) for faults in form.errors.values())
        messages.error(request, next(faults, "") if members else "Tick at least one person.")
        return
    try:
        changed = allotting.allot(members, by=request.member, **form.wishes)
    except NotAllowed:
        messages.error(request, "Your role does not let you change one of them. Nobody was changed.")
    except BadCap as no:
        messages.error(request, str(no))
    else:
        before = len(members) - len(changed)
        was = f" {before:,} {'was' if before == 1 else 'were'} so before." if before else ""
        messages.success(request, f"{len(changed):,} {'person' if len(changed) == 1 else 'people'} changed.{was}")


def back(request: MemberRequest) -> str:
    """The page of People that they were ticked on."""
    here, query = reverse("people", args=[request.member.organization.slug]), request.POST.get("back", "")
    return f"{here}?{query}" if query else here
