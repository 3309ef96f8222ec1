"""A conversation beside the list, or on a page of its own: to read, to answer, to see through whose hands it went."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from textbank.access import MemberRequest, door
from textbank.assignments import labelling
from textbank.conversations import opting_out
from textbank.conversations.models import Conversation
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Role
from textbank.web.replies import ALONG, by_htmx, latest, opened, show

OTHERS = 10
LONGEST_REASON = 1000


@require_GET
@never_cache
@door(Role.SUPERVOLUNTEER)
def conversation(request: MemberRequest, pk: int) -> HttpResponse:
    """What is done in it goes through the texter's own doors, which answer this pane with its changed parts."""
    found = visible(request.member).select_related("texter__user", *ALONG)
    thread = get_object_or_404(found, pk=pk)
    context = latest(thread, request.member, timezone.now())
    context |= opened(request, thread, context["previous"])
    context |= {"in_review": True, "others": others(thread, request.member)}
    return render(request, f"review/{'reading' if by_htmx(request) else 'conversation'}.html", context)


def visible(viewer: Membership) -> ConversationQuerySet:
    return Conversation.objects.visible_to(viewer).select_related("contact", "organization")


def others(thread: Conversation, viewer: Membership) -> list[Conversation]:
    """The latest of the other threads with the same number."""
    same = visible(viewer).filter(contact__organization=viewer.organization_id, contact__cell=thread.contact.cell)
    return list(same.exclude(pk=thread.pk).select_related("campaign").order_by("-last_activity")[:OTHERS])


@require_POST
@door(Role.ADMIN)
def resolve(request: MemberRequest, pk: int) -> HttpResponse:
    """Takes every tag off that escalates; who has the conversation keeps it."""
    thread = get_object_or_404(visible(request.member), pk=pk)
    labelling.resolve([pk], by=request.member, now=timezone.now())
    if not by_htmx(request):
        return redirect("review_conversation", request.member.organization.slug, pk)
    thread.refresh_from_db(fields=["escalated"])
    return show(request, thread, with_guide=True)


@require_POST
@door(Role.ADMIN)
def opt_in(request: MemberRequest, pk: int) -> HttpResponse:
    """Lets the number be texted again; the reason is kept."""
    thread = get_object_or_404(visible(request.member), pk=pk)
    because = request.POST.get("reason", "").replace("\0", "").strip()[:LONGEST_REASON]
    if not because:
        return render(request, "review/refused.html", {"why": "Say how they asked to be texted again."}, status=422)
    opting_out.opt_in(
        request.member.organization_id, thread.contact.cell, by=request.member, because=because, now=timezone.now()
    )
    if by_htmx(request):
        # The pane is asked for anew: what may be done in it is another thing now.
        return HttpResponse(headers={"HX-Trigger": "opted-in"})
    return redirect("review_conversation", request.member.organization.slug, pk)
