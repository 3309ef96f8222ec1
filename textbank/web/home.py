"""The address without a path: on to one's own home, or to the way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from textbank.organizations.models import Membership, Organization, Role


def home_of(member: Membership) -> str:
    """Where this person's day begins: a texter's own page, or the administration."""
    slug = member.organization.slug
    return f"/{slug}/admin/" if member.may(Role.SUPERVOLUNTEER) else f"/{slug}/"


def home(request: HttpRequest) -> HttpResponse:
    if not Organization.objects.exists():
        return render(request, "account/first_run.html")
    if not request.user.is_authenticated:
        return redirect("account_login")
    mine = Membership.objects.filter(user=request.user.pk).select_related("organization")
    homes = [(member, home_of(member)) for member in mine.active().order_by("organization__name")]
    if len(homes) == 1:
        return redirect(homes[0][1])
    return render(request, "account/homes.html", {"homes": homes, "suspended": mine.exclude(suspended_at=None)})
