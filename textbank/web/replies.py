"""Replies: who waits, the thread, the script beside it, and everything one may do with a conversation."""

import datetime as dt
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from textbank.access import MemberRequest, door
from textbank.assignments import escalating, undoing
from textbank.campaigns import blanks
from textbank.campaigns.models import Step
from textbank.conversations import answering, closing, drafting, noting, opting_out, pinning, sending, taking_over
from textbank.conversations.models import Action, Conversation, Draft, Message, Move, Note, Status
from textbank.organizations.models import Membership, Role
from textbank.reports import to_do
from textbank.reports.holders import spells
from textbank.web import told
from textbank.web.bubbles import bubbles, unsettled
from textbank.web.clicks import Reply
from textbank.web.refusals import had, say

SHOWN = 50

# Why somebody gives a conversation back, ready to be chosen; anybody may say it in their own words.
REASONS = ("I don’t read their language", "I don’t know the answer", "I know this person", "I have to go")


class Row(NamedTuple):
    """One line of the list."""

    conversation: Conversation
    said: str


class Inbox(NamedTuple):
    """Who waits, oldest first, and who comes before and after the open conversation."""

    rows: list[Row]
    waiting: int
    previous: int | None = None
    following: int | None = None
    paused: int = 0  # asked only where nobody waits

    @property
    def more(self) -> int:
        return self.waiting - len(self.rows)


class Says(NamedTuple):
    """What the composer has to say. `shut`: nothing can be sent now. `anyway`: it can, if one clicks again."""

    words: str
    kind: str = "warn"
    shut: bool = False
    anyway: bool = False
    icon: str = "info"


def inbox(member: Membership, current: int | None = None) -> Inbox:
    waiting = list(to_do.replies(member).select_related("contact")[: SHOWN + 1])
    count = to_do.replies(member).count() if len(waiting) > SHOWN else len(waiting)
    said = Message.objects.in_bulk([one.last_inbound for one in waiting if one.last_inbound])
    rows = [Row(one, said[one.last_inbound].text if one.last_inbound in said else "") for one in waiting[:SHOWN]]
    paused = 0 if rows else to_do.paused_replies(member).count()
    return Inbox(rows, count, *neighbours([one.pk for one in waiting], current), paused=paused)


def neighbours(ids: list[int], current: int | None) -> tuple[int | None, int | None]:
    """Before and after the current one; once it has been answered, the first that waits comes after it."""
    if current not in ids:
        return None, (ids[0] if ids else None)
    place = ids.index(current)
    return (ids[place - 1] if place else None), (ids[place + 1] if place + 1 < len(ids) else None)


@require_GET
@never_cache
@door(Role.TEXTER)
def replies(request: MemberRequest) -> HttpResponse:
    template = "texter/inbox.html" if by_htmx(request) else "texter/replies.html"
    return render(request, template, {"inbox": inbox(request.member)})


# What is read along with the conversation that a page shows.
ALONG = ("contact", "campaign__service", "campaign__first_step", "pinned_to__user")

Act = Callable[Concatenate[MemberRequest, Conversation, ...], HttpResponse]


def with_conversation(act: Act) -> Callable[..., HttpResponse]:
    """The conversation that the address names, if this person may see it.

    Who had it until just now is told where it went; for anybody else it does not exist.
    """

    @wraps(act)
    def found(request: MemberRequest, pk: int, **kwargs: Any) -> HttpResponse:
        mine = Conversation.objects.visible_to(request.member)
        thread = mine.select_related(*ALONG).filter(pk=pk).first()
        return lost(request, pk) if thread is None else act(request, thread, **kwargs)

    return found


def lost(request: MemberRequest, pk: int) -> HttpResponse:
    if not had(request.member, pk):
        raise Http404("There is no such conversation among yours.")
    return gone(request, pk)


@require_GET
@never_cache
@door(Role.TEXTER)
@with_conversation
def conversation(request: MemberRequest, thread: Conversation) -> HttpResponse:
    return show(request, thread)


@require_POST
@door(Role.TEXTER)
@with_conversation
def reply(request: MemberRequest, thread: Conversation) -> HttpResponse:
    form = Reply(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("A reply has a click and a text.")
    said = form.cleaned_data
    try:
        message = sending.send(
            thread.pk,
            said["text"],
            by=request.member,
            client_id=said["client_id"],
            last_seen=said["last_seen"],
            now=timezone.now(),
        )
    except sending.NotYours:
        return gone(request, thread.pk)
    except sending.Refused as refusal:
        return refused(request, thread, refusal, said["text"])
    if message.text != said["text"].strip():
        # An earlier try with this click had gone through, and the words were changed since.
        earlier = Says("What you had written before went out already. These words are not sent yet.")
        return show(request, thread, says=earlier, text=said["text"], status=409)
    return done(request, thread, "sent")


@require_POST
@door(Role.TEXTER)
@with_conversation
def answer(request: MemberRequest, thread: Conversation) -> HttpResponse:
    step = get_object_or_404(Step, campaign=thread.campaign_id, pk=number(request, "step"))
    try:
        answering.answer(thread, step, request.POST.get("value", ""), by=request.member, now=timezone.now())
    except answering.NoSuchAnswer as error:
        return HttpResponseBadRequest(str(error))
    if not by_htmx(request):
        return redirect(f"{address(thread, request.member)}?step={step.pk}")
    text = suggestion_after(thread, step, request.member)
    response = show(request, thread, with_guide=True)
    return trigger_client_event(response, "suggest", {"text": text}) if text else response


@require_POST
@door(Role.TEXTER)
@with_conversation
def draft(request: MemberRequest, thread: Conversation) -> HttpResponse:
    try:
        drafting.keep(thread, written(request), by=request.member, now=timezone.now())
    except sending.NotYours:
        return gone(request, thread.pk)
    return HttpResponse(status=204)


def written(request: MemberRequest) -> str:
    """What somebody was writing: it may be longer than what can be sent, but not without end."""
    return request.POST.get("text", "")[: sending.LONGEST * 4]


@require_POST
@door(Role.TEXTER)
def pass_on(request: MemberRequest, pk: int) -> HttpResponse:
    """What somebody was writing when the conversation was taken from them goes to whoever has it now, as a note."""
    try:
        noting.pass_on(pk, written(request), by=request.member, now=timezone.now())
    except sending.Refused:
        return lost(request, pk)
    if not by_htmx(request):
        return redirect(address_of(pk, request.member))
    return trigger_client_event(gone(request, pk, status=200), "passed-on", after="swap")


@require_POST
@door(Role.TEXTER)
@with_conversation
def tag(request: MemberRequest, thread: Conversation) -> HttpResponse:
    """Puts a tag on, or takes it off; one that escalates a texter puts on by `escalate`, with a word of why."""
    tags = request.member.organization.tags.all()
    if not request.member.may(Role.SUPERVOLUNTEER):
        tags = tags.filter(assignable=True)
    chosen = get_object_or_404(tags, pk=number(request, "tag"))
    turn = escalating.tag if request.POST.get("on") == "yes" else escalating.untag
    try:
        turn(thread, [chosen], by=request.member, now=timezone.now())
    except sending.NotYours:
        return gone(request, thread.pk)
    thread.refresh_from_db(fields=["escalated", "texter"])
    return show(request, thread, with_guide=True) if by_htmx(request) else redirect(address(thread, request.member))


@require_POST
@door(Role.TEXTER)
@with_conversation
def pin(request: MemberRequest, thread: Conversation) -> HttpResponse:
    """It stays with who has it, whatever moves many at once or by itself; or does so no longer."""
    turn = pinning.pin if request.POST.get("on") == "yes" else pinning.unpin
    try:
        turn(thread, by=request.member, now=timezone.now())
    except sending.NotYours:
        return gone(request, thread.pk)
    except pinning.NobodyHasIt as refusal:
        return show(request, thread, says=Says(str(refusal), icon="pin"), status=409)
    return done(request, thread)


@require_POST
@door(Role.TEXTER)
@with_conversation
def escalate(request: MemberRequest, thread: Conversation) -> HttpResponse:
    note, asked = request.POST.get("note", "").replace("\0", "").strip()[:1000], number(request, "tag")
    tags = request.member.organization.tags.filter(assignable=False)
    try:
        chosen = get_object_or_404(tags, pk=asked) if asked else None
        escalating.escalate(thread, with_tag=chosen, by=request.member, message=note, now=timezone.now())
    except sending.NotYours:
        return gone(request, thread.pk)
    except escalating.NoEscalationTag as refusal:
        return show(request, thread, says=Says(str(refusal), icon="escalated"), status=409)
    thread.refresh_from_db()
    if thread.texter_id != request.member.pk and not request.member.may(Role.SUPERVOLUNTEER):
        return gone(request, thread.pk, status=200)
    return show(request, thread, with_guide=True) if by_htmx(request) else redirect(address(thread, request.member))


@require_POST
@door(Role.TEXTER)
@with_conversation
def opt_out(request: MemberRequest, thread: Conversation) -> HttpResponse:
    form = Reply(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("An opt-out has a click.")
    said, now = form.cleaned_data, timezone.now()
    try:
        if "farewell" in request.POST:
            opting_out.say_farewell_and_opt_out(
                thread, said["text"], by=request.member, client_id=said["client_id"], now=now
            )
        else:
            opting_out.opt_out(thread, by=request.member, channel="page", now=now)
    except sending.Refused as refusal:
        return refused(request, thread, refusal)
    return done(request, thread)


@require_POST
@door(Role.TEXTER)
@with_conversation
def close(request: MemberRequest, thread: Conversation) -> HttpResponse:
    closing.close(thread)
    return done(request, thread)


@require_POST
@door(Role.TEXTER)
@with_conversation
def reopen(request: MemberRequest, thread: Conversation) -> HttpResponse:
    try:
        closing.reopen(thread)
    except closing.StillOptedOut as refusal:
        return show(request, thread, says=Says(str(refusal), shut=True), status=409)
    return done(request, thread)


def number(request: MemberRequest, name: str) -> int:
    word = request.POST.get(name, "")
    return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else 0


def address(thread: Conversation, member: Membership) -> str:
    return address_of(thread.pk, member)


def address_of(pk: int, member: Membership) -> str:
    return reverse("conversation", args=[member.organization.slug, pk])


def by_htmx(request: MemberRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def done(request: MemberRequest, thread: Conversation, event: str = "") -> HttpResponse:
    """The conversation as it is now: its changed parts for a page with scripts, the page again for one without."""
    if not by_htmx(request):
        return redirect(address(thread, request.member))
    thread.refresh_from_db(fields=["status", "waiting_since", "last_inbound", "opted_out", "texter", "pinned_to"])
    response = show(request, thread)
    return trigger_client_event(response, event) if event else response


def refused(
    request: MemberRequest, thread: Conversation, refusal: sending.Refused, text: str | None = None
) -> HttpResponse:
    thread.refresh_from_db(fields=["status", "waiting_since", "last_inbound", "opted_out", "texter", "pinned_to"])
    unseen = isinstance(refusal, sending.NewReplyUnseen)
    says = Says(say(refusal, thread.contact.timezone), anyway=unseen, icon="review" if unseen else "warn")
    return show(request, thread, says=says, text=text, status=409)


def show(
    request: MemberRequest,
    thread: Conversation,
    *,
    says: Says | None = None,
    text: str | None = None,
    with_guide: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or its changed parts where htmx asks for them."""
    member, now = request.member, timezone.now()
    context = latest(thread, member, now) | {"inbox": inbox(member, thread.pk)}
    context["says"] = context["says"] or says
    if with_guide:
        context |= guide(thread, member, context["previous"])
    if by_htmx(request):
        # A look by itself must not touch the click or what was seen: somebody may be about to press Send.
        context |= {"anew": request.method == "POST", "was_shut": "shut" in request.GET}
        in_review = request.headers.get("X-Pane") == "review"
        return render(request, f"{'review' if in_review else 'texter'}/changes.html", context, status=status)
    return render(
        request, "texter/conversation.html", context | opened(request, thread, context["previous"], text), status=status
    )


def latest(thread: Conversation, member: Membership, now: dt.datetime) -> dict[str, Any]:
    """What the thread shows at this moment."""
    messages = list(thread.messages.select_related("author__user"))
    through = spells(thread)
    so_far = told.so_far(thread, through, messages, member)
    previous = taking_over.previous_texter(thread, member, messages)
    return {
        "thread": thread,
        "bubbles": bubbles(thread, messages, viewer=member, now=now),
        "unsettled": unsettled(messages, now),
        "spells": through,
        "so_far": so_far,
        "previous": previous,
        "intro": taking_over.intro(thread, member, previous) if so_far else "",
        "words": told.words(through, messages, member),
        "answering": told.answering(thread, member, now),
        "says": standing(thread, member, now),
        "client_id": uuid.uuid4(),
        "now": now,
    }


def opened(request: MemberRequest, thread: Conversation, previous: str, text: str | None = None) -> dict[str, Any]:
    """What stands around it when it is opened: script, tags, holders, the draft, the words to part with."""
    member = request.member
    context = guide(thread, member, previous)
    kept = Draft.objects.filter(conversation=thread, author=member).first() if text is None else None
    asked = request.GET.get("step", "")
    suggested = suggestion_after(thread, int(asked), member) if asked.isdigit() and len(asked) < 19 else ""
    return context | {
        "text": text if text is not None else kept.text if kept else suggested,
        "escalations": [tag for tag in context["tags"] if not tag.assignable],
        "reasons": REASONS,
        "farewell": blanks.fill(member.organization.settings.farewell, sending.words_for(thread, member)),
    }


def standing(thread: Conversation, member: Membership, now: dt.datetime) -> Says | None:
    """What bars every text at the moment, said before somebody has typed one."""
    if refusal := sending.obstacle(thread, by=member, now=now):
        icon = {sending.OptedOut: "opt-out", sending.OutsideTextingHours: "clock", sending.CampaignPaused: "pause"}
        return Says(say(refusal, thread.contact.timezone), shut=True, icon=icon.get(type(refusal), "warn"))
    if thread.status == Status.NEEDS_FIRST_MESSAGE:
        return Says("The first message has not gone out yet.", shut=True, icon="send")
    return None


def guide(thread: Conversation, member: Membership, previous: str) -> dict[str, Any]:
    """The questions on the way so far, the script's next words, and the canned responses, all filled in."""
    way = answering.path(thread)
    words = taking_over.words_for(thread, member, previous)
    canned = [(one.title, blanks.fill(one.text, words)) for one in thread.campaign.canned_responses.all()]
    here = way[-1] if len(way) > 1 else None
    return {
        "way": [asked for asked in way if asked.step.question],
        "reason": way[-2].value if here else "",
        "tags": list(member.organization.tags.order_by("title")),
        "worn": set(thread.taggings.values_list("tag", flat=True)),
        "suggestion": blanks.fill(here.step.text_for(thread.pk), words) if here else "",
        "canned": [(title, text) for title, text in canned if text],
    }


def suggestion_after(thread: Conversation, step: Step | int, member: Membership) -> str:
    """The script's words after the answer that this step has been given; nothing if it leads nowhere."""
    pk = step.pk if isinstance(step, Step) else step
    way = answering.path(thread)
    ids = [asked.step.pk for asked in way]
    if pk not in ids[:-1]:
        return ""
    following = way[ids.index(pk) + 1].step
    previous = taking_over.previous_texter(thread, member)
    return blanks.fill(following.text_for(thread.pk), taking_over.words_for(thread, member, previous))


def gone(request: MemberRequest, pk: int, status: int = 0) -> HttpResponse:
    """For who had it until it was handed on: where it is now, and the words they had begun, which may go there too."""
    move = (
        Move.objects.filter(conversation=pk, left_alone=None)
        .select_related("receiver__user", "handoff__by__user")
        .order_by("-pk")
        .first()
    )
    now = timezone.now()
    taken = noting.taken_from(request.member, pk, now)
    context: dict[str, Any] = {
        "take_back": take_back(move, request.member, now),
        "says": Says(where_it_went(move, request.member), shut=True, icon="handoff"),
        "inbox": inbox(request.member, pk),
        "pass_on": reverse("pass_on", args=[request.member.organization.slug, pk]) if taken else "",
        "note": Note.objects.filter(conversation=pk, handoff=taken.handoff_id).first() if taken else None,
        "reader": f"{move.receiver.user.first_name} sees" if move and move.receiver else "Whoever has it next sees",
    }
    if by_htmx(request):
        return render(request, "texter/lost.html", context, status=status or 409)
    context["draft"] = Draft.objects.filter(conversation=pk, author=request.member).first()
    return render(request, "texter/gone.html", context, status=status or 404)


def take_back(move: Move | None, member: Membership, now: dt.datetime) -> str:
    """Where they think better of it, if they gave it back themselves just now."""
    act = move.handoff if move and move.handoff.action == Action.GIVE_BACK else None
    if act is None or not undoing.may_take_back(act, member, now):
        return ""
    return reverse("take_back", args=[member.organization.slug, act.pk])


def where_it_went(move: Move | None, viewer: Membership) -> str:
    """In words for who had it: who has it now, and who saw to that."""
    if move is None:
        return "This conversation went back to the pool."
    by = called(move.handoff.by, viewer)
    if move.handoff.action == Action.ESCALATE and move.receiver is None:
        return f"{by} escalated this conversation. Somebody who can decide takes it from here."
    if move.handoff.action in undoing.GIVING_BACK:
        return f"{by} gave this conversation back to the pool."
    if move.receiver is None:
        return f"{by} put this conversation back into the pool."
    now = f"{move.receiver.user.first_name} has this conversation now."
    return now if move.handoff.by_id in (None, move.receiver_id) else f"{now} {by} handed it on."


def called(member: Membership | None, viewer: Membership) -> str:
    if member is None:
        return "Textbank"
    return "You" if member.pk == viewer.pk else member.user.first_name
