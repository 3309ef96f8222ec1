"""A texter's own page: what to do now, asking for texts, and the conversations that are done for now."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import requesting
from textbank.assignments.models import Request
from textbank.assignments.limits import Nothing, why_nothing
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Move, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Approval, Membership, Role
from textbank.reports import pages, to_do

USUAL = 100  # texts somebody asks for at once, unless told otherwise
PAGE = 50

WHY = {
    Nothing.RUNS: "No campaign is running just now. When one starts, you can ask here.",
    Nothing.BY_ITSELF: "An admin hands out the texts of the campaigns that are running. Ask one of them for some.",
    Nothing.OPEN: "There are texts, but it is outside texting hours where the contacts are. Come back a little later.",
    Nothing.LEFT: "Every text has been handed out for now. Look in again later.",
}


@require_GET
@never_cache
@door(Role.TEXTER)
def home(request: MemberRequest) -> HttpResponse:
    member, now = request.member, timezone.now()
    context = {"todo": to_do.to_do(member, now)}
    if request.headers.get("HX-Request"):
        return render(request, "texter/todo.html", context)
    return render(request, "texter/home.html", context | {"offer": offer(member, now), "receipt": receipt(request)})


class Offer(NamedTuple):
    """What can be had for the asking now, or in words why nothing can."""

    replies: int = 0
    first_messages: int = 0
    most: int = 0
    why: str = ""
    approved_first: bool = False
    campaigns: Sequence[tuple[Campaign, int]] = ()

    @property
    def all(self) -> int:
        return self.replies + self.first_messages

    @property
    def usual(self) -> int:
        return min(USUAL, self.all, self.most)


def offer(member: Membership, now: dt.datetime) -> Offer:
    if member.approval == Approval.NONE:
        return Offer(why="An admin gives you your texts: asking for them is switched off for you.")
    waiting = Request.objects.filter(texter=member, state=Request.State.WAITING).first()
    if waiting:
        return Offer(why=f"You asked for {waiting.count:,}. They come as soon as an admin has approved it.")
    offered = requesting.offered(member, now)
    if not any(offered.values()):
        return Offer(why=WHY[why_nothing(member, now)])
    return Offer(
        replies=offered[Status.NEEDS_RESPONSE],
        first_messages=offered[Status.NEEDS_FIRST_MESSAGE],
        most=member.organization.settings.most_at_once,
        approved_first=member.approval == Approval.REQUIRED,
        campaigns=requesting.offered_by_campaign(member, now),
    )


class Receipt(NamedTuple):
    """What became of a request for so many."""

    state: str
    asked: int
    replies: int
    first_messages: int


def receipt(request: MemberRequest) -> Receipt | None:
    """Of the request that the address names, if it is this texter's own."""
    asked = request.GET.get("asked", "")
    if not is_id(asked):
        return None
    made = Request.objects.filter(texter=request.member, pk=int(asked)).first()
    if made is None:
        return None
    replies = Move.objects.filter(handoff=made.handoff_id, conversation__waiting_since__isnull=False).count()
    return Receipt(made.state, made.count, replies, made.given - replies)


def is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


@require_POST
@door(Role.TEXTER)
def ask(request: MemberRequest) -> HttpResponse:
    page = f"/{request.member.organization.slug}/"
    count, campaign = request.POST.get("count", ""), request.POST.get("campaign", "")
    wanted = int(campaign) if is_id(campaign) else None
    if wanted is not None:
        get_object_or_404(Campaign, pk=wanted, organization=request.member.organization_id)
    try:
        made = requesting.request(
            request.member, int(count) if is_id(count) else 0, campaign=wanted, now=timezone.now()
        )
    except (requesting.BadCount, requesting.RequestOpen) as refusal:
        messages.error(request, str(refusal))
        return redirect(page)
    return redirect(f"{page}?asked={made.pk}")


@require_GET
@never_cache
@door(Role.TEXTER)
def past(request: MemberRequest) -> HttpResponse:
    search, after = request.GET.get("search", "").replace("\0", "").strip(), request.GET.get("after", "")
    found = named(to_do.past(request.member), search, request.member)
    try:
        page = pages.page(found, "activity", after, PAGE, lambda rows: rows.select_related("contact", "campaign"))
    except pages.BadPlace:
        raise Http404("There is no such page of the list.") from None
    following = f"?{urlencode({'search': search, 'after': page.next})}" if page.next else ""
    context = {"rows": page.rows, "search": search, "next": following, "first_page": not after}
    return render(request, "texter/past.html", context)


def named(conversations: ConversationQuerySet, search: str, viewer: Membership) -> ConversationQuerySet:
    """Those whose contact's name has every word; a last name this person does not see is not searched either."""
    for word in search.split():
        here = Q(contact__first_name__icontains=word)
        last = Q(contact__last_name__icontains=word)
        conversations = conversations.filter(here | last if viewer.sees_last_names else here)
    return conversations
