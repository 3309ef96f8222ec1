"""What happened to an open list since it was read: nothing is pulled away, everything is said."""

from typing import NamedTuple

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.conversations.filters import BadFilter
from textbank.conversations.models import Conversation
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot, UnchangedSince
from textbank.organizations.models import Membership, Role
from textbank.reports import listing
from textbank.reports.pages import ids
from textbank.web.frame import escalated
from textbank.web.review import PAGE, REVIEW, Asked, counted, found, paged, read, snapshot
from textbank.web.review_rows import Row, changed_since, marks, rows


class Since(NamedTuple):
    """What an open list asks: its address, which rows it shows, when it last asked, how many it says there are."""

    asked: Asked
    shown: list[int]
    last: str
    expect: int | None


def heard(said: QueryDict) -> Since:
    """Raises BadFilter."""
    filter_and_place = said.copy()
    own = {key: filter_and_place.pop(key)[-1] for key in ("shown", "since", "expect") if key in filter_and_place}
    return Since(
        read(filter_and_place, REVIEW),
        ids(own.get("shown", ""))[:PAGE],
        own.get("since", ""),
        next(iter(ids(own.get("expect", ""))), None),
    )


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def since(request: MemberRequest) -> HttpResponse:
    """The rows that are other ones now, marked, and how many would be new on this page: one request for them all."""
    try:
        said = heard(request.GET)
    except BadFilter as no:
        return HttpResponse(" ".join(no.fields.values()), status=422)
    if said.asked.which.empty:
        return HttpResponse(status=204)
    # From before anything is read, so that the next look begins where this one did.
    now, seen = request.seen, snapshot(said.asked.as_of, request.seen)
    matching = found(said.asked.which, request.member, now.at)
    context = {
        "rows": changed(said, matching, request.member, seen),
        "new": len(come(said, matching, seen)),
        "shown": said.shown,
        "since": now.token(),
    }
    return render(request, "review/since.html", context)


def changed(said: Since, matching: ConversationQuerySet, viewer: Membership, seen: Snapshot) -> list[Row]:
    """Those of the shown rows that changed since they were last asked for, with who did it."""
    others = changed_since(snapshot(said.last, seen), said.shown).visible_to(viewer)
    threads = listing.listed(others)
    return rows(threads, marks(threads, matching, viewer, seen))


def come(said: Since, matching: ConversationQuerySet, seen: Snapshot) -> list[Conversation]:
    """What this page would show by now and does not, because it changed since the list was read.

    What only moved up into a gap is not new.
    """

    def with_change(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
        return rows.select_related("contact").annotate(as_seen=UnchangedSince("changed_in", seen))

    there = paged(matching, said.asked, with_change)
    return [one for one in there.rows if one.pk not in said.shown and not vars(one)["as_seen"]]


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def count_since(request: MemberRequest) -> HttpResponse:
    """How many more or fewer match by now than the list says."""
    try:
        said = heard(request.GET)
    except BadFilter as no:
        return HttpResponse(" ".join(no.fields.values()), status=422)
    if said.asked.which.empty or said.expect is None:
        return HttpResponse(status=204)
    now = counted(said.asked.which, request.member, timezone.now())
    return render(request, "review/count_since.html", {"more": abs(now - said.expect), "fewer": now < said.expect})


@require_GET
@never_cache
@door(Role.ADMIN)
def badge(request: MemberRequest) -> HttpResponse:
    """How many are escalated, for the navigation of an open page; nothing if none is."""
    return HttpResponse(escalated(request.member))
