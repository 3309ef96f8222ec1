"""Somebody leaves: suspended, and in the same step it is said who goes on with their conversations."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from textbank.access import MemberRequest, door
from textbank.assignments import leaving
from textbank.assignments.plans import BadPlan
from textbank.conversations.models import Conversation, Handoff
from textbank.organizations import people
from textbank.organizations.models import Membership, Organization, Role
from textbank.reports.holding import held_by
from textbank.web.handoffs import by_htmx
from textbank.web.people import refused, someone, to

MOST = 1000  # receivers


class Leaving(forms.Form):
    """What becomes of the conversations, and who receives them: chosen one by one, or by a list of addresses."""

    then = forms.ChoiceField(
        choices=[("reassign", "Reassign"), ("pool", "Pool"), ("leave", "Leave")],
        error_messages={"required": "Say what becomes of the conversations."},
    )
    texters = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    emails = forms.CharField(required=False, max_length=50_000)

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization = organization

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        chosen = named(self.organization, said.get("texters") or [])
        chosen += [one for one in addressed(self.organization, said.get("emails") or "") if one not in chosen]
        return {**said, "receivers": chosen}


def named(organization: Organization, ids: list[str]) -> list[Membership]:
    """Members by their ids, in the order chosen."""
    wanted = [int(pk) for pk in ids if pk.isascii() and pk.isdigit() and len(pk) < 19][:MOST]
    found = organization.memberships.select_related("user").in_bulk(wanted)
    if len(wanted) != len(ids) or len(found) != len(set(wanted)):
        raise forms.ValidationError("Somebody you chose is not here any more. Choose again.")
    return [found[pk] for pk in dict.fromkeys(wanted)]


def addressed(organization: Organization, emails: str) -> list[Membership]:
    """Members by their e-mail addresses, which are separated by anything."""
    words = dict.fromkeys(word.lower() for word in emails.replace(",", " ").replace(";", " ").split())
    found = {
        one.user.email.lower(): one
        for one in organization.memberships.select_related("user").filter(user__email__in=list(words)[:MOST])
    }
    if unknown := [word for word in words if word not in found]:
        raise forms.ValidationError(f"Nobody here has the e-mail address {unknown[0]}.")
    return [found[word] for word in words]


@never_cache
@door(Role.ADMIN)
def suspend(request: MemberRequest, pk: int) -> HttpResponse:
    """Asked: what becomes of their conversations. Said: both, in one step."""
    member = someone(request, pk)
    if not people.may_change(member, by=request.member) or member == request.member:
        return refused(request, member, f"Your role does not let you suspend {member.name}.")
    form = Leaving(request.member.organization, given(request, member))
    if request.method != "POST" or not form.is_valid():
        return ask(request, member, form, "suspend")
    said = form.cleaned_data
    try:
        left = leaving.suspend(member, said["then"], said["receivers"], by=request.member, now=timezone.now())
    except people.LastOwner:
        return refused(request, member, f"{member.name} is the last owner. Make somebody else owner first.")
    except BadPlan as no:
        form.add_error(None, str(no))
        return ask(request, member, form, "suspend")
    messages.success(request, f"{member.name} is suspended.")
    return went_to(request, member, left.handoff)


@never_cache
@door(Role.ADMIN)
def hand_on(request: MemberRequest, pk: int) -> HttpResponse:
    """The same for what somebody has who cannot come in any more, or will not."""
    member = someone(request, pk)
    form = Leaving(request.member.organization, given(request, member))
    if request.method != "POST" or not form.is_valid():
        return ask(request, member, form, "hand_on")
    said = form.cleaned_data
    try:
        act = leaving.hand_on(member, said["then"], said["receivers"], by=request.member, now=timezone.now())
    except BadPlan as no:
        form.add_error(None, str(no))
        return ask(request, member, form, "hand_on")
    return went_to(request, member, act)


def given(request: MemberRequest, member: Membership) -> Any:
    """What was said; of somebody who has nothing, nothing need be said."""
    if request.method != "POST":
        return None
    said = request.POST.copy()
    if "then" not in said and not held(member):
        said["then"] = "leave"
    return said


def held(member: Membership) -> int:
    """Everything that is theirs, the closed and the archived too."""
    return Conversation.objects.held_by(member).count()


def ask(request: MemberRequest, member: Membership, form: Leaving, act: str) -> HttpResponse:
    context = {
        "person": member,
        "form": form,
        "act": act,
        "total": held(member),
        "held": held_by([member.pk])[member.pk],
        "chosen": [(one.pk, one.name) for one in form.cleaned_data.get("receivers", [])] if form.is_bound else [],
    }
    page = "leaving_dialog" if by_htmx(request) else "leaving"
    return render(request, f"people/{page}.html", context, status=422 if form.is_bound else 200)


def went_to(request: MemberRequest, member: Membership, act: Handoff | None) -> HttpResponse:
    """On to the record of what went where, which can be undone; to the person, if nothing went anywhere."""
    if act is None:
        return to(request, member)
    return redirect("handoff", request.member.organization.slug, act.pk)
