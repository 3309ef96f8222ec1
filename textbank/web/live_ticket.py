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
    member = request.member
    watches = member.organization_id if "watching" in request.GET and member.may(Role.SUPERVOLUNTEER) else 0
    return HttpResponse(news.ticket(member.pk, watches=watches), content_type="text/plain")
