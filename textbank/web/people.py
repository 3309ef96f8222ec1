"""The people of an organization: who they are, what they have, what they may, and how others come in."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.organizations import joining, people
from textbank.organizations.models import Approval, Membership, Organization, Role, Team
from textbank.reports.holding import Held, held_by, stuck
from textbank.web.allotments import APPROVAL_SAYS, AllotAll, AllotForm

PAGE = 50


# What else than a role people are looked for by: (word in the address, what it is called, which they are).
KINDS = {
    "suspended": ("Suspended", Q(suspended_at__isnull=False)),
    "approval_required": ("Approval required", Q(approval=Approval.REQUIRED)),
    "do_not_assign": ("Do not assign", Q(approval=Approval.NONE)),
    "sends_only": ("First messages only", Q(sends_only=True)),
    "capped": ("With a limit", Q(cap__isnull=False)),
}


class PeopleFilter(forms.Form):
    search = forms.CharField(required=False, max_length=200, strip=True)
    role = forms.ChoiceField(
        required=False,
        choices=[
            ("", "Everybody"),
            *((role.key, role.label) for role in Role),
            *((key, words) for key, (words, _) in KINDS.items()),
        ],
    )
    team = forms.ModelChoiceField(required=False, queryset=Team.objects.none(), empty_label="Every team")

    def __init__(self, organization: Organization, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = organization.teams.order_by(Lower("title"))  # type: ignore[attr-defined]

    def of(self, members: Any) -> Any:
        """Those members it asks for; what makes no sense asks for nobody."""
        if not self.is_valid():
            return members.none()
        found = members.found_by(self.cleaned_data["search"])
        if team := self.cleaned_data["team"]:
            found = found.filter(teams=team)
        role = self.cleaned_data["role"]
        if role in KINDS:
            return found.filter(KINDS[role][1])
        return found.filter(role=Role[role.upper()]) if role else found

    @property
    def used(self) -> bool:
        return any(self.cleaned_data.values()) if self.is_valid() else True


class RoleForm(forms.Form):
    role = forms.TypedChoiceField(coerce=lambda key: Role[key.upper()], widget=forms.RadioSelect)

    def __init__(self, roles: Sequence[Role], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.key, role.label) for role in roles]  # type: ignore[attr-defined]


@require_GET
@door(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    form = PeopleFilter(request.member.organization, request.GET)
    found = form.of(request.member.organization.memberships).select_related("user", "presence")
    found = found.prefetch_related("teams").order_by("user__first_name", "user__last_name", "pk")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    shown = rows(page, request.member)
    context = {"rows": shown, "page": page, "form": form, "allot": AllotAll(), **steps(request, page)}
    context |= {"may_any": any(row.may for row in shown), "stuck": stuck(request.member.organization)}
    return render(request, "people/people.html", context)


class Row(NamedTuple):
    member: Membership
    held: Held
    may: bool
    note: str


def rows(members: Iterable[Membership], viewer: Membership) -> list[Row]:
    members = list(members)
    held = held_by(member.pk for member in members)
    return [
        Row(member, held[member.pk], people.may_change(member, by=viewer), holding(member, held[member.pk]))
        for member in members
    ]


def steps(request: HttpRequest, page: Page) -> dict[str, str]:
    """Which of how many are shown, and the addresses of the pages before and after with the same filter."""
    there = {"said": f"{page.start_index():,}–{page.end_index():,} of {page.paginator.count:,}"}
    if page.has_previous():
        there["previous"] = with_page(request, page.previous_page_number())
    if page.has_next():
        there["next"] = with_page(request, page.next_page_number())
    return there


def with_page(request: HttpRequest, number: int) -> str:
    asked = request.GET.copy()
    asked["page"] = str(number)
    return f"?{asked.urlencode()}"


@require_GET
@door(Role.ADMIN)
def person(request: MemberRequest, pk: int) -> HttpResponse:
    member = someone(request, pk)
    may = people.may_change(member, by=request.member)
    form = RoleForm(people.roles_given_by(request.member), initial={"role": Role(member.role).key})
    held = held_by([member.pk])[member.pk]
    context = {"person": member, "held": held, "may": may, "form": form, "note": holding(member, held)}
    context |= {
        "allot": AllotForm.of(member),
        "says": APPROVAL_SAYS,
        "teams": member.teams.order_by("priority", "title"),
    }
    return render(request, "people/person.html", context)


def holding(member: Membership, held: Held) -> str:
    """What waits in their hands, in words."""
    name = member.user.first_name
    first, replies = held
    has = [f"{first:,} first {'message' if first == 1 else 'messages'} to send"] if first else []
    has += [f"{replies:,} {'reply' if replies == 1 else 'replies'} to give"] if replies else []
    if not has:
        return f"{name} has nothing to send or answer."
    return f"{name} has {' and '.join(has)}."


@require_POST
@door(Role.ADMIN)
def change_role(request: MemberRequest, pk: int) -> HttpResponse:
    member = someone(request, pk)
    form = RoleForm(people.roles_given_by(request.member), request.POST)
    if not form.is_valid():
        return refused(request, member, "Choose one of the roles.")
    try:
        member = people.change_role(member, form.cleaned_data["role"], by=request.member)
    except people.NotAllowed:
        return refused(request, member, f"Your role does not let you change {member.name}'s.")
    except people.LastOwner:
        return refused(request, member, f"{member.name} is the last owner. Make somebody else owner first.")
    messages.success(request, f"{member.name}'s role is {member.role_name} now.")
    return to(request, member)


@require_POST
@door(Role.ADMIN)
def unsuspend(request: MemberRequest, pk: int) -> HttpResponse:
    member = someone(request, pk)
    try:
        people.unsuspend(member, by=request.member)
    except people.NotAllowed:
        return refused(request, member, f"Your role does not let {member.name} in again.")
    messages.success(request, f"{member.name} is in again.")
    return to(request, member)


def someone(request: MemberRequest, pk: int) -> Membership:
    members = request.member.organization.memberships.select_related("user", "presence", "organization")
    return get_object_or_404(members, pk=pk)


def refused(request: MemberRequest, member: Membership, why: str) -> HttpResponse:
    messages.error(request, why)
    return to(request, member)


def to(request: MemberRequest, member: Membership) -> HttpResponse:
    return redirect("person", request.member.organization.slug, member.pk)


@door(Role.ADMIN)
def invites(request: MemberRequest) -> HttpResponse:
    roles = people.roles_given_by(request.member)
    form = RoleForm(roles, request.POST or None, initial={"role": Role.TEXTER.key})
    if form.is_valid():
        made = joining.invite(form.cleaned_data["role"], by=request.member)
        messages.success(request, f"The link for a {Role(made.role).label.lower()} is ready to copy.")
        return redirect("invites", request.member.organization.slug)
    links = [(link, Role(link.role).label) for link in joining.open_links_of(request.member)]
    return render(request, "people/invites.html", {"form": form, "links": links})


@require_POST
@door(Role.ADMIN)
def revoke(request: MemberRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(joining.links_of(request.member), pk=pk)
    joining.revoke(link, by=request.member, now=timezone.now())
    messages.success(request, "The link does not let anybody in any more.")
    return redirect("invites", request.member.organization.slug)
