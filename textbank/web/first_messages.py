"""First messages: one card, one button. A few cards come ahead, so that Send never waits for us."""

import datetime as dt
import uuid
from typing import NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from textbank.access import MemberRequest, door
from textbank.conversations import sending
from textbank.conversations.models import Conversation
from textbank.organizations.models import Membership, Role
from textbank.reports import to_do
from textbank.web.clicks import After, Click
from textbank.web.refusals import had, is_final, say

AHEAD = 20


class Card(NamedTuple):
    """One contact to text, and the text as it will be sent."""

    conversation: Conversation
    text: str
    client_id: uuid.UUID


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@door(Role.TEXTER)
def first_messages(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return send(request)
    return render(request, "texter/first_messages.html", deck(request, timezone.now()))


@require_GET
@never_cache
@door(Role.TEXTER)
def cards_ahead(request: MemberRequest) -> HttpResponse:
    """The next cards, for a page that has shown most of its own."""
    return render(request, "texter/cards.html", deck(request, timezone.now()))


def deck(request: MemberRequest, now: dt.datetime) -> dict[str, object]:
    member = request.member
    form = After(request.GET)
    after = (form.cleaned_data["after"] or 0) if form.is_valid() else 0
    counted = to_do.to_do(member, now)
    cards = cards_after(member, after, now)
    if after and not cards:
        # Those that were skipped come round again.
        after, cards = 0, cards_after(member, 0, now)
    return {
        "cards": cards,
        "after": after,
        "todo": counted,
        "sent": to_do.sent_today(member, now),
        "opens": to_do.next_opening(member, now) if counted.later and not cards else None,
        "now": now,
    }


def cards_after(member: Membership, after: int, now: dt.datetime) -> list[Card]:
    threads = (
        to_do.first_messages(member, now).filter(pk__gt=after).select_related("contact", "campaign__first_step")[:AHEAD]
    )
    return [Card(thread, sending.first_text(thread, member), uuid.uuid4()) for thread in threads]


def send(request: MemberRequest) -> HttpResponse:
    """Sends what was clicked; a page that waits for nothing is told in JSON, one without scripts comes back."""
    click = Click(request.POST)
    if not click.is_valid():
        return HttpResponseBadRequest("Send names a conversation and a click.")
    pk, client_id = click.cleaned_data["conversation"], click.cleaned_data["client_id"]
    by_script = "application/json" in request.headers.get("Accept", "")
    try:
        message = sending.send(pk, None, by=request.member, client_id=client_id, now=timezone.now())
    except Conversation.DoesNotExist:
        raise Http404("There is no such conversation among yours.") from None
    except sending.Refused as refusal:
        if isinstance(refusal, sending.NotYours) and not had(request.member, pk):
            raise Http404("There is no such conversation among yours.") from None
        if by_script:
            said = {"code": refusal.code, "reason": say(refusal), "final": is_final(refusal)}
            return JsonResponse(said, status=409)
        messages.error(request, say(refusal))
    else:
        if by_script:
            return JsonResponse({"id": message.pk}, status=201)
    # The address keeps its place in the queue, so that whoever was skipped stays skipped.
    return redirect(request.get_full_path())
