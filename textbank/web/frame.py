"""What every page's frame shows: who is here, of which organization, where they may go, and where it hears news."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from textbank import news
from textbank.conversations.filters import Filter
from textbank.organizations.models import Membership, Role


def frame(request: HttpRequest) -> dict[str, Any]:
    member = getattr(request, "member", None)
    if member is None:
        return {"member": None, "organization": None}
    watches = member.organization_id if watching(member, request.path) else 0
    ticket_url = reverse("live_ticket", args=[member.organization.slug])
    return {
        "member": member,
        "organization": member.organization,
        # Only a page that shows it asks for it: its parts, swapped in later, do not.
        "nav": SimpleLazyObject(lambda: nav(member, request.path)),
        "live": f"/live/?ticket={news.ticket(member.pk, watches=watches)}",
        "live_ticket_url": f"{ticket_url}?watching" if watches else ticket_url,
    }


def watching(member: Membership, path: str) -> bool:
    """Whether it is a page of the administration, which shows what everybody does."""
    return member.may(Role.SUPERVOLUNTEER) and path.startswith(reverse("dashboard", args=[member.organization.slug]))


# (what the link is called, its icon, the name of its address, the role that opens it)
PLACES = [
    ("Dashboard", "home", "dashboard", Role.SUPERVOLUNTEER),
    ("Campaigns", "campaign", "campaigns", Role.SUPERVOLUNTEER),
    ("Message Review", "review", "message_review", Role.SUPERVOLUNTEER),
    ("Assignment Requests", "request", "assignment_requests", Role.SUPERVOLUNTEER),
    ("Escalated Convos", "escalated", "escalated_convos", Role.ADMIN),
    ("Hand-offs", "handoff", "handoffs", Role.ADMIN),
    ("Schedules", "calendar", "schedules", Role.ADMIN),
    ("People", "people", "people", Role.ADMIN),
    ("Teams", "teams", "teams", Role.ADMIN),
    ("Assignment Control", "control", "assignment_control", Role.ADMIN),
    ("Tags", "tag", "tags", Role.ADMIN),
    ("Settings", "settings", "settings", Role.OWNER),
]


# Whose badge counts what the page shows, exactly up to so many: it stands on every page, and is no longer read then.
ESCALATED = "escalated_convos"
MANY = 9_999


def nav(member: Membership, path: str) -> list[dict[str, Any]]:
    """The places of the administration that this person may use, and which of them the page is in."""
    if not member.may(Role.SUPERVOLUNTEER):
        return []
    home = reverse("dashboard", args=[member.organization.slug])
    places = [
        (label, icon, reverse(name, args=[member.organization.slug]), name == ESCALATED)
        for label, icon, name, role in PLACES
        if member.may(role)
    ]
    return [
        {
            "label": label,
            "icon": icon,
            "url": url,
            "current": path == url or (url != home and path.startswith(url)),
            "badge": escalated(member) if counted else None,
        }
        for label, icon, url, counted in places
    ]


def escalated(member: Membership) -> str:
    """How many are escalated, as the badge says it: “37”, “9,999+”, nothing for none."""
    count = Filter.parse({"escalated": "only"}).conversations(member, timezone.now())[: MANY + 1].count()
    if count > MANY:
        return f"{MANY:,}+"
    return f"{count:,}" if count else ""
