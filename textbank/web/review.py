"""Message Review and Escalated Convos: the filter, and page by page what it finds."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django_htmx.http import push_url, replace_url

from textbank.access import MemberRequest, door
from textbank.conversations import saying
from textbank.conversations.filters import ORDERS, SUSPENDED, UNASSIGNED, BadFilter, Filter, Strangers
from textbank.conversations.models import Conversation, SavedFilter, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import BadSnapshot, Snapshot
from textbank.organizations.models import Membership, Role
from textbank.reports import listing, saved_filters
from textbank.reports.pages import BadPlace, Page, page, page_before
from textbank.web.review_rows import changed_since, marks, rows

PAGE = 50


class Place(NamedTuple):
    """One of the two pages, and what its filter always says."""

    title: str
    address: str
    fixed: dict[str, str]


REVIEW = Place("Message Review", "message_review", {})
ESCALATED = Place("Escalated Convos", "escalated_convos", {"escalated": "only"})

# What somebody looks for first, as (words, filter).
SUGGESTIONS = [
    ("Needs Texter Response", {"status": "needs_response"}),
    ("Needs First Message, unassigned", {"status": "needs_first_message", "texter": UNASSIGNED}),
    ("Waiting over an hour", {"waiting_minutes": "60"}),
    ("Escalated", {"escalated": "only"}),
    ("Held by suspended texters", {"texter": SUSPENDED}),
    ("Waiting on archived campaigns", {"campaign_state": "archived", "status": "needs_response"}),
]
ORDER_WORDS = {"activity": "Latest activity", "waiting": "Longest waiting", "name": "Name"}


Dressed = Callable[[QuerySet[Conversation]], Iterable[Conversation]]


class Asked(NamedTuple):
    """What the address says: the filter, the order, where in it, and what had been seen when it was first read."""

    which: Filter
    order: str = "activity"
    after: str = ""
    before: str = ""
    as_of: str = ""


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def message_review(request: MemberRequest) -> HttpResponse:
    return show(request, REVIEW)


@require_GET
@never_cache
@door(Role.ADMIN)
def escalated_convos(request: MemberRequest) -> HttpResponse:
    return show(request, ESCALATED)


def show(request: MemberRequest, place: Place) -> HttpResponse:
    """The whole page; where htmx asks, the list, and the filter unless that was what asked."""
    here = reverse(place.address, args=[request.member.organization.slug])
    context: dict[str, Any] = {"place": place, "here": here, "suggestions": suggestions(here)}
    try:
        asked = read(request.GET, place)
    except BadFilter as no:
        context |= form_of(Filter.parse(place.fixed), {}) | {"wrong": list(no.fields.values())}
        return answer(request, context, status=422)
    context |= listed(request, place, here, asked)
    if context.get("gone"):
        return named_in_vain(request, context)
    response = answer(request, context)
    if not request.headers.get("HX-Request"):
        return response
    # Looking at the same list again is no step that Back should undo.
    same = request.headers.get("HX-Current-URL", "").endswith(context["address"])
    return (replace_url if same else push_url)(response, context["address"])


def named_in_vain(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The filter names what is not here: the page says so, and finds nothing. htmx, which swaps no 404, goes there."""
    response = answer(request, context, status=404)
    if request.headers.get("HX-Request"):
        response["HX-Redirect"] = context["address"]
    return response


def answer(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    by_htmx = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    context["from_filter"] = request.headers.get("HX-Trigger") == "filter-form"
    return render(request, f"review/{'swapped' if by_htmx else 'review'}.html", context, status=status)


def read(said: QueryDict, place: Place) -> Asked:
    """Raises BadFilter. What a form leaves empty was not chosen."""
    chosen = said.copy()
    others = {key: chosen.pop(key)[-1] for key in ("order", "after", "before", "as_of") if key in chosen}
    for key, values in list(chosen.lists()):
        kept = [value for value in values if value.strip()]
        # The form says what happens to escalated ones once for each of its switches; the last one holds.
        chosen.setlist(key, kept[-1:] if key == "escalated" else kept)
        if not kept:
            del chosen[key]
    for key, value in place.fixed.items():
        chosen[key] = value
    if others.get("order") not in ORDERS:
        others["order"] = "waiting" if "waiting_minutes" in chosen else "activity"
    return Asked(without_defaults(Filter.parse(chosen), place), **others)


def without_defaults(which: Filter, place: Place) -> Filter:
    """The same, said shorter: a form says its switches too. All defaults and nothing else is a choice and stays."""
    default = Filter()
    said = {
        key: value
        for key, value in which.as_json().items()
        if key in place.fixed or getattr(which, key) != getattr(default, key)
    }
    return Filter.parse(said) if said else which


def listed(request: MemberRequest, place: Place, here: str, asked: Asked) -> dict[str, Any]:
    """A page of what was asked for: as many statements for one row as for fifty. Nothing chosen, nothing asked."""
    which, viewer = asked.which, request.member
    names = which.names(viewer)
    where: dict[str, Any] = {key: value for key, value in (("after", asked.after), ("before", asked.before)) if value}
    context = form_of(which, names) | {"asked": asked, "address": address(here, asked, **where)}
    if which.empty:
        return context | on_the_shelf(viewer, asked)
    context["parts"] = removable(place, here, asked, saying.with_names(which, names))
    if gone := which.gone(names):
        return context | {"gone": [f"a {kind}" for kind in gone]}
    # Before anything is read: whatever changes in between counts as changed since it was seen.
    seen = snapshot(asked.as_of, request.seen)
    matching = which.known(viewer, seen.at)
    shown = paged(matching, asked)
    # Who has ticked something carries what they had seen then from page to page.
    changed = set(changed_since(seen, [one.pk for one in shown.rows])) if asked.as_of else set()
    only = len(shown.rows) if not shown.next and not shown.previous else None
    return context | {
        "rows": rows(shown.rows, marks([one for one in shown.rows if one in changed], matching, viewer, seen)),
        "orders": orders(here, asked),
        "next": address(here, asked, after=shown.next) if shown.next else "",
        "previous": address(here, asked, before=shown.previous) if shown.previous else "",
        "asked_for": address("", asked, **where),
        "shown": [one.pk for one in shown.rows],
        "seen": seen.token(),
        "count": only,
        **on_the_shelf(viewer, asked),
    }


class Kept(NamedTuple):
    """A saved filter with the address at which it opens, and whether the viewer may rename and delete it."""

    saved: SavedFilter
    which: Filter | None
    words: str
    trouble: str
    address: str
    may_change: bool


def on_the_shelf(viewer: Membership, asked: Asked) -> dict[str, Any]:
    """What has been saved, for before a filter is chosen; and which of it is the filter that is shown."""
    here = reverse(REVIEW.address, args=[viewer.organization.slug])
    kept = [
        Kept(*one, opens_at(here, one.which, one.saved.order), one.saved.may_be_changed(viewer))
        for one in saved_filters.found_by(viewer)
    ]
    return {
        "asked": asked,
        "query": asked.which.as_query(),
        "saved_as": next((one for one in kept if (one.which, one.saved.order) == (asked.which, asked.order)), None),
        "shelves": [
            ("Saved by you", [one for one in kept if not one.saved.shared]),
            (f"Saved for everybody in {viewer.organization.name}", [one for one in kept if one.saved.shared]),
        ],
    }


def opens_at(here: str, which: Filter | None, order: str) -> str:
    return address(here, Asked(which, order)) if which else ""


def found(which: Filter, viewer: Membership, at: dt.datetime) -> ConversationQuerySet:
    with strangers_are_not_here():
        return which.conversations(viewer, at)


def counted(which: Filter, viewer: Membership, at: dt.datetime) -> int:
    with strangers_are_not_here():
        return which.count(viewer, at)


@contextmanager
def strangers_are_not_here() -> Iterator[None]:
    try:
        yield
    except Strangers as no:
        raise Http404("What the filter names is not here.") from no


def snapshot(token: str, otherwise: Snapshot) -> Snapshot:
    """The one that was given out, if it was."""
    try:
        return Snapshot.parse(token) if token else otherwise
    except BadSnapshot:
        return otherwise


def paged(conversations: ConversationQuerySet, asked: Asked, dressed: Dressed = listing.listed) -> Page[Conversation]:
    """The page that the address names; a place that was never given out is the beginning."""
    order = listing.order_of(asked.which, asked.order)
    try:
        if asked.before:
            return page_before(conversations, order, asked.before, PAGE, dressed)
        return page(conversations, order, asked.after, PAGE, dressed)
    except BadPlace:
        return page(conversations, order, "", PAGE, dressed)


def address(here: str, asked: Asked, *, which: Filter | None = None, **changed: str) -> str:
    """The same page with something else asked for, from its beginning unless said otherwise."""
    said = {"order": changed.pop("order", asked.order), **changed}
    query = (which or asked.which).as_query()
    if not query:
        return here
    return f"{here}?{query}&{urlencode(said)}"


class Removable(NamedTuple):
    words: str
    without: str


def removable(place: Place, here: str, asked: Asked, parts: list[saying.Part]) -> list[Removable]:
    """The sentence's parts with the address of what is left without each; what always holds has none."""
    return [
        Removable(
            part.words,
            address(here, asked, which=asked.which.without(part.key, part.value))
            if part.key and part.key not in place.fixed
            else "",
        )
        for part in parts
    ]


def orders(here: str, asked: Asked) -> list[dict[str, Any]]:
    return [
        {"words": ORDER_WORDS[order], "address": address(here, asked, order=order), "current": order == asked.order}
        for order in ORDERS
    ]


def suggestions(here: str) -> list[tuple[str, str]]:
    return [(words, f"{here}?{urlencode(said)}") for words, said in SUGGESTIONS]


def form_of(which: Filter, names: saying.Names) -> dict[str, Any]:
    """What the filter's form shows as chosen."""
    special = {UNASSIGNED: "Unassigned", SUSPENDED: "Anybody suspended"}

    def tokens(kind: str, values: tuple[int | str, ...]) -> list[tuple[int | str, str]]:
        return [(one, special.get(str(one)) or saying.called(kind, one, names)) for one in values]

    return {
        "which": which,
        "statuses": [(status.key, status.label, status.key in which.status) for status in Status],
        "chosen": {
            "campaign": tokens("campaign", which.campaign),
            "not_campaign": tokens("campaign", which.not_campaign),
            "texter": tokens("texter", which.texter),
            "not_texter": tokens("texter", which.not_texter),
            "team": tokens("team", which.team),
            "tag": tokens("tag", which.tag),
            "not_tag": tokens("tag", which.not_tag),
        },
        "colours": {pk: colour for (kind, pk), colour in names.items() if kind == "colour"},
    }


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def count(request: MemberRequest) -> HttpResponse:
    """How many match, exactly: asked for by the page once it stands."""
    try:
        asked = read(request.GET, REVIEW)
    except BadFilter as no:
        return HttpResponse(" ".join(no.fields.values()), status=422)
    seen = snapshot(asked.as_of, request.seen)
    number = 0 if asked.which.empty else counted(asked.which, request.member, seen.at)
    return render(request, "review/count.html", {"count": number})
