"""The administration's first page: what needs somebody now."""

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.campaigns.models import Campaign
from textbank.organizations.models import Membership, Role
from textbank.reports import counts
from textbank.reports.offering import place, why_nothing
from textbank.web import charts
from textbank.web.campaigns import Row, is_past_due, of

SHOWN = 8


@require_GET
@door(Role.SUPERVOLUNTEER)
def dashboard(request: MemberRequest) -> HttpResponse:
    context = now(request.member)
    return render(
        request, "dashboard/now.html" if request.GET.get("part") == "now" else "dashboard/dashboard.html", context
    )


def now(viewer: Membership) -> dict[str, Any]:
    """What is going on: as many statements for a hundred campaigns as for one."""
    moment = timezone.now()
    running = list(of(viewer).active().exclude(started_at=None).order_by("-pk"))
    by_campaign = counts.by_campaign([campaign.pk for campaign in running])
    shown = neediest(running, by_campaign)
    silent = why_nothing(shown, by_campaign, moment)
    traffic = counts.today(viewer.organization, moment)
    clock = ZoneInfo(viewer.organization.settings.timezone)
    return {
        "total": counts.Counts(*by_campaign.values()),
        "oldest": counts.oldest_reply(viewer.organization),
        "rows": [Row(one, by_campaign[one.pk], silent.get(one.pk, ""), is_past_due(one)) for one in shown],
        "running": len(running),
        "any": bool(running) or of(viewer).exists(),
        "traffic": traffic,
        "chart": charts.of_day(traffic.hours, moment.astimezone(clock)),
        "clock": place(clock.key),
        "online": counts.online(viewer.organization, moment),
    }


def neediest(running: list[Campaign], by_campaign: dict[int, counts.Counts]) -> list[Campaign]:
    """The campaigns with most replies waiting, then with most to send; the newest first among equals."""

    def need(campaign: Campaign) -> tuple[int, int]:
        its = by_campaign[campaign.pk]
        return -its.needing_response, -its.unsent

    return sorted(running, key=need)[:SHOWN]
