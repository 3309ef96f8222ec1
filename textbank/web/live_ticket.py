"""A fresh ticket for an open page whose old one has run out."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from textbank import news
from textbank.access import MemberRequest, door
from textbank.organizations.models import Role


@require_GET
@never_cache
@door(Role.TEXTER)
def live_ticket(request: MemberRequest) -> HttpResponse:
    return HttpResponse(news.ticket(request.member.pk), content_type="text/plain")
