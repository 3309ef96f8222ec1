"""Assignment Requests: who asked for texts and waits for approval; approved or denied, one by one or many at once."""

from collections import Counter
from typing import NamedTuple

from django.contrib import messages
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import requesting
from textbank.assignments.models import Request
from textbank.assignments.requesting import AlreadyDecided, NothingToGive
from textbank.organizations.models import Membership, Role
from textbank.reports.holding import Held, held_by
from textbank.reports.pages import ids

MOST = 200  # waiting ones on the page, longest waiting first
LATEST = 20  # decided ones below them


class Row(NamedTuple):
    asked: Request
    words: str
    held: Held


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def listed(request: MemberRequest) -> HttpResponse:
    found = requests_of(request.member)
    waiting = list(found.filter(state=Request.State.WAITING).order_by("at", "pk")[:MOST])
    held = held_by({asked.texter_id for asked in waiting})
    decided = found.exclude(decided_at=None).order_by(F("decided_at").desc(), "-pk")[:LATEST]
    context = {
        "rows": [Row(asked, requesting.in_words(asked), held[asked.texter_id]) for asked in waiting],
        "decided": [(asked, requesting.in_words(asked)) for asked in decided],
    }
    part = "waiting" if request.headers.get("HX-Request") else "requests"
    return render(request, f"requests/{part}.html", context)


def requests_of(member: Membership) -> QuerySet[Request]:
    """Of the member's organization, each with its people."""
    people = ("texter__user", "texter__presence", "decided_by__user", "campaign", "team")
    return Request.objects.filter(organization=member.organization_id).select_related(*people)


@require_POST
@door(Role.SUPERVOLUNTEER)
def decide(request: MemberRequest) -> HttpResponse:
    """Those that were ticked, or the one whose own button was pressed: its id stands in the button."""
    verb, _, one = request.POST.get("decide", "").partition(" ")
    ticked = ids(one or ",".join(request.POST.getlist("request")))
    chosen = requests_of(request.member).filter(pk__in=ticked[:MOST])
    rule = {"approve": requesting.approve, "deny": requesting.deny}.get(verb)
    if rule is None or not chosen:
        messages.error(request, "Choose at least one request.")
        return redirect("assignment_requests", request.member.organization.slug)
    became: Counter[str] = Counter()
    for asked in chosen.order_by("at", "pk"):
        try:
            done = rule(asked, by=request.member, now=timezone.now())
            became[done.state] += 1
            became["texts"] += done.given
        except (AlreadyDecided, NothingToGive) as no:
            messages.warning(request, str(no))
    say(request, became)
    return redirect("assignment_requests", request.member.organization.slug)


def say(request: MemberRequest, became: Counter[str]) -> None:
    given, denied = became[Request.State.GIVEN], became[Request.State.DENIED]
    if given:
        texts = f"{became['texts']:,} {'text was' if became['texts'] == 1 else 'texts were'} handed out"
        messages.success(request, f"{given:,} approved: {texts}.")
    if denied:
        messages.success(request, f"{denied:,} denied.")
