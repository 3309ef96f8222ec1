"""A texter gives work back: one conversation with a word of why, or all there is to do, done for the day."""

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from textbank.access import MemberRequest, door
from textbank.assignments import giving_back, undoing
from textbank.assignments.plans import BadPlan
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Action, Conversation, Handoff, Move, State, Status
from textbank.conversations.sending import NotYours, OptedOut
from textbank.organizations.models import Membership, Role
from textbank.reports.receipts import counted, in_words, left_alone, of_each_kind
from textbank.web.asking import is_id
from textbank.web.replies import REASONS, address_of, by_htmx, gone, lost

LONGEST_REASON = 500
LONGEST_NOTE = 1000


@dataclass(frozen=True)
class Scope:
    """All campaigns, or one of them, with how much would go back."""

    campaign: Campaign | None
    first_messages: int
    replies: int

    @property
    def count(self) -> int:
        return self.first_messages + self.replies

    @property
    def words(self) -> str:
        return of_each_kind(self.first_messages, self.replies)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@door(Role.TEXTER)
def done_for_the_day(request: MemberRequest) -> HttpResponse:
    """Says exactly what would go back, of everything or of one campaign; then gives it back."""
    member, now = request.member, timezone.now()
    said = request.POST if request.method == "POST" else request.GET
    campaign = chosen(said, member)
    if request.method == "POST":
        act = giving_back.done_for_the_day(member, campaign=campaign, now=now, client_id=click(said))
        return redirect(f"{home_of(member)}?gave={act.pk}")
    scopes = scopes_of(member)
    shown = next((scope for scope in scopes if scope.campaign == campaign), Scope(campaign, 0, 0))
    preview = giving_back.done_for_the_day(member, campaign=campaign, now=now, dry_run=True)
    context = {"scopes": scopes, "shown": shown, "stays": stays(preview), "client_id": uuid.uuid4()}
    return render(request, "texter/done.html", context)


def chosen(said: QueryDict, member: Membership) -> Campaign | None:
    """Raises Http404 for a campaign of another organization."""
    asked = said.get("campaign", "")
    if not is_id(asked):
        return None
    return get_object_or_404(Campaign, pk=int(asked), organization=member.organization_id)


def click(said: QueryDict) -> uuid.UUID | None:
    try:
        return uuid.UUID(said.get("client_id", ""))
    except ValueError:
        return None


def home_of(member: Membership) -> str:
    return reverse("texter", args=[member.organization.slug])


def scopes_of(member: Membership) -> list[Scope]:
    """Everything, then each campaign that has something, by title."""
    going = giving_back.going_back(member, timezone.now())
    campaigns = Campaign.objects.filter(pk__in={pk for pk, _ in going}).order_by("title", "pk")
    each = [
        Scope(one, going[one.pk, Status.NEEDS_FIRST_MESSAGE], going[one.pk, Status.NEEDS_RESPONSE]) for one in campaigns
    ]
    return [Scope(None, sum(one.first_messages for one in each), sum(one.replies for one in each)), *each]


STAYS = {
    "escalated": ("1 escalated one stays", "{} escalated ones stay"),
    "pinned": ("1 pinned to you stays", "{} pinned to you stay"),
    "being_answered": ("1 you were just writing to stays", "{} you were just writing to stay"),
}


def stays(act: Handoff) -> list[str]:
    """What stays with the texter: “2 escalated ones stay with you”."""
    found = [(STAYS[left.reason], left.count) for left in left_alone(act) if left.reason in STAYS]
    return [f"{one if count == 1 else more.format(f'{count:,}')} with you" for (one, more), count in found]


@dataclass(frozen=True)
class Receipt:
    """What went back, or came back, in words."""

    act: Handoff
    words: str
    notes: list[str]
    undo: str

    @property
    def kind(self) -> str:
        return "good" if self.act.moved or self.act.state == State.RUNNING else "warn"


def receipt(said: QueryDict, member: Membership) -> Receipt | None:
    """Of the giving back that the address names, if it is this person's own."""
    asked = said.get("gave", "")
    if not is_id(asked):
        return None
    acts = Handoff.objects.filter(by=member, pk=int(asked), action__in=[*undoing.GIVING_BACK, Action.UNDO])
    act = acts.select_related("undone_by").first()
    if act is None or hasattr(act, "undone_by"):
        return None
    may = act.state != State.RUNNING and act.moved and undoing.may_take_back(act, member, timezone.now())
    undo = reverse("take_back", args=[member.organization.slug, act.pk]) if may else ""
    notes = in_words(act) if act.action == Action.UNDO else stays(act)
    return Receipt(act, what_happened(act), notes, undo)


def what_happened(act: Handoff) -> str:
    if act.state == State.RUNNING:
        return "Your conversations are on their way back" + (
            " to you." if act.action == Action.UNDO else " to the pool."
        )
    if act.action == Action.UNDO:
        return f"{counted(act.moved, 'conversation')} came back to you." if act.moved else "Nothing came back to you."
    if not act.moved:
        return "Nothing went back to the pool."
    moved = Move.objects.filter(handoff=act, left_alone=None, conversation__waiting_since__isnull=False)
    replies = moved.count()
    return f"{of_each_kind(act.moved - replies, replies)} went back to the pool. Thank you!"


@require_POST
@door(Role.TEXTER)
def take_back(request: MemberRequest, pk: int) -> HttpResponse:
    """What this person gave back just now is theirs again, unless somebody has it by now."""
    member, now = request.member, timezone.now()
    act = get_object_or_404(Handoff, pk=pk, by=member, action__in=undoing.GIVING_BACK)
    try:
        undo = undoing.take_back(act, by=member, now=now)
    except (undoing.TooLate, undoing.StillRunning, undoing.AlreadyUndone) as no:
        messages.error(request, str(no))
        return to(request, home_of(member))
    back = undo.moves.filter(left_alone=None).values_list("conversation", flat=True)[:2]
    if act.action == Action.GIVE_BACK and back and may_open(member, back[0]):
        return to(request, address_of(back[0], member))
    return to(request, f"{home_of(member)}?gave={undo.pk}")


def may_open(member: Membership, pk: int) -> bool:
    """A first message has its place among the others, not on a page of its own."""
    return Conversation.objects.held_by(member).filter(pk=pk).exclude(status=Status.NEEDS_FIRST_MESSAGE).exists()


def to(request: MemberRequest, page: str) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": page}) if by_htmx(request) else redirect(page)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@door(Role.TEXTER)
def give_back(request: MemberRequest, pk: int) -> HttpResponse:
    """One conversation: a page of its own for a first message, and where there are no scripts."""
    mine = Conversation.objects.held_by(request.member).select_related("contact", "campaign")
    thread = mine.filter(pk=pk).first()
    if thread is None:
        return lost(request, pk)
    if request.method == "POST":
        return given_back(request, thread)
    return render(request, "texter/giving_back.html", {"thread": thread, "reasons": REASONS})


def given_back(request: MemberRequest, thread: Conversation) -> HttpResponse:
    said, first = request.POST, thread.status == Status.NEEDS_FIRST_MESSAGE
    own, ready = words(said, "own", LONGEST_REASON), words(said, "reason", LONGEST_REASON)
    try:
        act = giving_back.give_back(
            thread,
            by=request.member,
            reason=own or ready,
            note=words(said, "note", LONGEST_NOTE),
            now=timezone.now(),
        )
    except NotYours:
        return lost(request, thread.pk)
    except OptedOut as no:
        messages.error(request, str(no))
        return to(request, address_of(thread.pk, request.member))
    except BadPlan as no:
        return asked_again(request, thread, no.fields["reason"])
    if not act.moved:
        messages.error(request, f"{thread.contact.first_name} is pinned to you. Unpin the conversation first.")
        return to(request, address_of(thread.pk, request.member))
    if first:
        messages.success(request, f"{thread.contact.first_name} went back to the pool.")
        return redirect("first_messages", request.member.organization.slug)
    return gone(request, thread.pk, status=200)


def asked_again(request: MemberRequest, thread: Conversation, error: str) -> HttpResponse:
    if by_htmx(request):
        return reswap(retarget(HttpResponse(error, status=422), "#give-back-error"), "innerHTML")
    context = {"thread": thread, "reasons": REASONS, "error": error, "said": request.POST}
    return render(request, "texter/giving_back.html", context, status=422)


def words(said: QueryDict, name: str, longest: int) -> str:
    return said.get(name, "").replace("\0", "").strip()[:longest]
