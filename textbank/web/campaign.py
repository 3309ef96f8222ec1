"""One campaign: how it goes, in pictures first; for a draft, what it still needs."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.campaigns import launching, scripting
from textbank.campaigns.models import Campaign
from textbank.organizations.models import Role
from textbank.reports import counts
from textbank.web import charts
from textbank.web.campaigns import one_of, rows


class Share(NamedTuple):
    """A figure with what part of which other it is."""

    part: int
    of: int

    @property
    def percent(self) -> str:
        return f"{100 * self.part / self.of:.1f} %" if self.of else "–"


@require_GET
@door(Role.SUPERVOLUNTEER)
def one(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    row = rows([campaign])[0]
    context = {"campaign": campaign, "row": row, "tab": "progress", "step": "start"}
    if request.GET.get("part") == "now":
        return render(request, "campaigns/now.html", context)
    if campaign.state == "draft":
        return render(request, "campaigns/draft.html", context | to_start(campaign))
    return render(request, "campaigns/campaign.html", context | progress(campaign, row.counts))


def to_start(campaign: Campaign) -> dict[str, Any]:
    return {
        "gaps": launching.gaps(campaign),
        "contacts": campaign.contacts.count(),
        "script": scripting.tree(campaign),
        "law": (campaign.service or launching.service_of(campaign)),
    }


def progress(campaign: Campaign, now: counts.Counts) -> dict[str, Any]:
    """What the pictures show; as many statements for a thousand contacts as for a hundred thousand."""
    traffic = counts.traffic(campaign)
    errors = list(traffic.errors.items())
    return {
        "traffic": traffic,
        "chart": charts.over_time(traffic.hours),
        "answered": Share(counts.answered(campaign), traffic.first),
        "opted_out": Share(now.opted_out, now.total + now.opted_out),
        "failed": Share(traffic.failed, traffic.sent),
        "errors": errors[:8],
        "most_errors": max(traffic.errors.values(), default=0),
        "surveys": counts.survey(campaign),
        "texters": counts.texters(campaign),
        "online_since": timezone.now() - counts.LATELY,
        "sending_since": timezone.now() - counts.JUST_NOW,
    }
