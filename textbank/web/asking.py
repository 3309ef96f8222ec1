"""Asking for texts: what there is, of which choice, what it would bring, and what became of what was asked."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import offers, requesting
from textbank.assignments.models import Request
from textbank.assignments.offers import Offer
from textbank.assignments.pool import KINDS
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Move, Status
from textbank.organizations.models import Approval, Gives, Membership, Role, Team
from textbank.reports import asking
from textbank.reports.asking import Why
from textbank.reports.receipts import of_each_kind
from textbank.web.clicks import LARGEST_ID

USUAL = 100  # texts somebody asks for at once, unless told otherwise
LATELY = dt.timedelta(hours=24)  # so long it is said that a request was turned down


class Choice(forms.Form):
    """How many of what, from where. What makes no sense counts as not chosen, and as a number as none."""

    count = forms.IntegerField(required=False)
    kind = forms.ChoiceField(choices=Gives, required=False)
    team = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)
    campaign = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_ID)


@dataclass(frozen=True)
class Wish:
    """A choice, looked up."""

    count: int | None = None  # not said
    kind: Gives = Gives.BOTH
    team: Team | None = None
    campaign: Campaign | None = None

    def asked_by(self, texter: Membership) -> Request:
        """The request as it would be made."""
        return Request(texter=texter, count=self.count or 0, kind=self.kind, team=self.team, campaign=self.campaign)


def wish(said: QueryDict, texter: Membership) -> Wish:
    """Raises Http404 for a team the texter is not in, and for a campaign of another organization."""
    form = Choice(said)
    form.is_valid()
    chosen = form.cleaned_data
    team, campaign = chosen.get("team"), chosen.get("campaign")
    return Wish(
        (chosen.get("count") or 0) if "count" in said else None,
        Gives(chosen.get("kind") or Gives.BOTH),
        get_object_or_404(texter.teams, pk=team) if team else None,
        get_object_or_404(Campaign, pk=campaign, organization=texter.organization_id) if campaign else None,
    )


NOTHING_CHOSEN = Wish()


@dataclass(frozen=True)
class Numbered:
    """One choice of several, and how much there is of it."""

    value: object
    title: str
    count: str


@dataclass(frozen=True)
class Ask:
    """What the page shows: a request that waits, or why nothing can be had, or what can."""

    wish: Wish = NOTHING_CHOSEN
    waiting: Request | None = None
    turned_down: Request | None = None
    why: Why | None = None
    hint: Why | None = None
    approved_first: bool = False
    most: int = 0
    usual: int = 0
    held: int | None = None
    cap: int | None = None
    kinds: Sequence[Numbered] = ()
    teams: Sequence[Numbered] = ()
    campaigns: Sequence[Numbered] = ()
    # None where there are many.
    there: int | None = 0
    replies: int = 0
    first_messages: int = 0

    @property
    def brings(self) -> int:
        """How many of those asked for would be given now."""
        return self.replies + self.first_messages

    @property
    def gets(self) -> str:
        return of_each_kind(self.first_messages, self.replies)

    @property
    def words(self) -> str:
        """What was asked for."""
        asked = self.waiting or self.turned_down
        return requesting.in_words(asked) if asked else ""


def ask_of(texter: Membership, now: dt.datetime, wished: Wish | None = None) -> Ask:
    last = Request.objects.filter(texter=texter).select_related("campaign", "team", "decided_by__user").last()
    if last and last.state == Request.State.WAITING:
        return Ask(waiting=last)
    down = last if last and last.decided_at and last.decided_at > now - LATELY else None
    said = Ask(turned_down=down if down and down.state == Request.State.DENIED else None)
    wished = wished or NOTHING_CHOSEN
    offered = offers.offer(texter, now, team=wished.team)
    if not offered.count() and not wished.team:
        return replace(said, why=asking.why_nothing(texter, now))
    return filled(said, texter, offered, wished, now)


def filled(said: Ask, texter: Membership, offered: Offer, wished: Wish, now: dt.datetime) -> Ask:
    """What can be had, and what as many as are asked for would bring."""
    where = wished.campaign.pk if wished.campaign else None
    most = min(filter(None, (offered.most, offered.limits.room)))
    there = offered.count(wished.kind, where)
    usual = min(USUAL, there, most) or 1
    wished = replace(wished, count=usual if wished.count is None else wished.count)
    given = offers.given(wished.asked_by(texter), offered)
    return replace(
        said,
        wish=wished,
        hint=asking.why_not_all(texter, offered, now),
        approved_first=texter.approval == Approval.REQUIRED,
        most=offered.most,
        usual=usual,
        held=None if offered.limits.room is None or texter.cap is None else texter.cap - offered.limits.room,
        cap=texter.cap,
        kinds=kinds(offered, where),
        teams=teams(texter, offered, wished.kind),
        campaigns=[Numbered(one.pk, one.title, in_digits(number)) for one, number in offered.campaigns(wished.kind)],
        there=there if there <= offers.MANY else None,
        replies=given[Status.NEEDS_RESPONSE],
        first_messages=given[Status.NEEDS_FIRST_MESSAGE],
    )


TITLES = {Gives.BOTH: "Both", Gives.REPLIES: "Replies", Gives.FIRST_MESSAGES: "First messages"}


def kinds(offered: Offer, campaign: int | None) -> list[Numbered]:
    """Where there are both: either of them, or both."""
    found = [Numbered(kind, title, in_digits(offered.count(kind, campaign))) for kind, title in TITLES.items()]
    return found if all(offered.count(status) for status in KINDS[Gives.BOTH]) else []


def teams(texter: Membership, offered: Offer, kind: Gives) -> list[Numbered]:
    """Where the texter is in teams that have something: any of these."""
    found = offers.by_team(texter, offered, kind)
    return [Numbered(team.pk, team.title, in_digits(number)) for team, number in found]


def in_digits(number: int) -> str:
    """As far as it was counted: “1,000+” for more."""
    return f"{number:,}" if number <= offers.MANY else f"{offers.MANY:,}+"


@dataclass(frozen=True)
class Receipt:
    """What became of a request for so many."""

    state: str
    asked: int
    replies: int
    first_messages: int
    by: Membership | None


def receipt(said: QueryDict, texter: Membership) -> Receipt | None:
    """Of the request that the address names, if it is this texter's own."""
    asked = said.get("asked", "")
    if not is_id(asked):
        return None
    made = Request.objects.filter(texter=texter, pk=int(asked)).select_related("decided_by__user").first()
    if made is None:
        return None
    replies = Move.objects.filter(handoff=made.handoff_id, conversation__waiting_since__isnull=False).count()
    return Receipt(made.state, made.count, replies, made.given - replies, made.decided_by)


def is_id(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@door(Role.TEXTER)
def ask(request: MemberRequest) -> HttpResponse:
    """Asks; or shows what would come of it, for a page that has been changed."""
    home = reverse("texter", args=[request.member.organization.slug])
    if request.method == "POST":
        return asked(request, home)
    if not request.headers.get("HX-Request"):
        return redirect(f"{home}#ask")
    said = request.GET.copy()
    if said.get("count") == said.get("usual"):
        # Nobody has said how many: of another choice another number is usual.
        said.pop("count", None)
    shown = ask_of(request.member, timezone.now(), wish(said, request.member))
    return render(request, "texter/ask_news.html", {"ask": shown, "receipt": receipt(request.GET, request.member)})


def asked(request: MemberRequest, home: str) -> HttpResponse:
    wished = wish(request.POST, request.member)
    try:
        made = requesting.request(
            request.member,
            wished.count or 0,
            campaign=wished.campaign.pk if wished.campaign else None,
            team=wished.team,
            kind=wished.kind,
            now=timezone.now(),
        )
    except (requesting.BadCount, requesting.RequestOpen) as refusal:
        messages.error(request, str(refusal))
        return redirect(home)
    return redirect(f"{home}?asked={made.pk}")


@require_POST
@door(Role.TEXTER)
def withdraw(request: MemberRequest, pk: int) -> HttpResponse:
    """Whoever decided before was quicker: what became of it is said."""
    made = get_object_or_404(Request, pk=pk, texter=request.member)
    with suppress(requesting.AlreadyDecided):
        requesting.withdraw(made, by=request.member, now=timezone.now())
    return redirect(f"{reverse('texter', args=[request.member.organization.slug])}?asked={made.pk}")
