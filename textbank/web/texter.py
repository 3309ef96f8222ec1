"""A texter's own page: what to do now, and the conversations that are done for now."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.contacts.folding import fold
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Membership, Role
from textbank.reports import pages, to_do
from textbank.web.asking import ask_of, receipt
from textbank.web.giving_back import receipt as gave

PAGE = 50


@require_GET
@never_cache
@door(Role.TEXTER)
def home(request: MemberRequest) -> HttpResponse:
    member, now = request.member, timezone.now()
    context: dict[str, Any] = {"todo": to_do.to_do(member, now)}
    if request.headers.get("HX-Request"):
        return render(request, "texter/todo.html", context)
    context |= {"ask": ask_of(member, now), "receipt": receipt(request.GET, member), "gave": gave(request.GET, member)}
    return render(request, "texter/home.html", context)


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
    """Those whose contact's name has every word; a last name this person does not see is not searched either.

    Accents may be left out where a name begins.
    """
    for word in search.split():
        # What is searched begins with the first name, if there is one.
        here = Q(contact__first_name__icontains=word) | Q(
            contact__first_name__gt="", contact__search_name__startswith=fold(word)
        )
        last = Q(contact__last_name__icontains=word) | Q(contact__search_name__contains=f" {fold(word)}")
        conversations = conversations.filter(here | last if viewer.sees_last_names else here)
    return conversations
