"""Contact lists of a campaign: sending one in, how far it is read, what became of its lines."""

from typing import NamedTuple, cast

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact, Upload
from textbank.contacts.reading import Unreadable
from textbank.conversations import uploading
from textbank.conversations.sending import CampaignArchived
from textbank.organizations.models import Role
from textbank.reports.offering import place
from textbank.web.campaigns import one_of

UPLOADS = 10
PREVIEWED = 5
REJECTED = 20


class Previewed(NamedTuple):
    """A contact as the list was read: what goes into the blanks, and where they are."""

    first_name: str
    last_name: str
    cell: str
    place: str
    values: list[str]


def previewed(contacts: QuerySet[Contact], campaign: Campaign) -> list[Previewed]:
    return [
        Previewed(
            one.first_name,
            one.last_name,
            one.cell,
            place(one.timezone),
            [one.custom.get(name, "") for name in campaign.custom_fields],
        )
        for one in contacts.order_by("pk")[:PREVIEWED]
    ]


@door(Role.ADMIN)
def contacts(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    if request.method != "POST":
        return listed(request, campaign)
    file = request.FILES.get("file")
    if file is None:
        return listed(request, campaign, refused="Choose a CSV file first.")
    try:
        upload = uploading.receive(campaign, file.name or "", file.chunks(), by=request.member, now=timezone.now())
    except (Unreadable, CampaignArchived) as no:
        return listed(request, campaign, refused=str(no))
    return redirect("upload", campaign.organization.slug, pk, upload.pk)


def listed(request: MemberRequest, campaign: Campaign, refused: str = "") -> HttpResponse:
    """The campaign's contacts: how many, the first of them, the lists they came in."""
    context = {
        "campaign": campaign,
        "tab": "contacts",
        "step": "contacts",
        "refused": refused,
        "count": campaign.contacts.count(),
        "preview": previewed(campaign.contacts.all(), campaign),
        "uploads": campaign.uploads.select_related("by__user").order_by("-pk")[:UPLOADS],
    }
    return render(request, "campaigns/contacts.html", context, status=422 if refused else 200)


@require_GET
@door(Role.ADMIN)
def report(request: MemberRequest, pk: int, upload: int) -> HttpResponse:
    """How far the list is read; when it is, what became of it. `?part=report` is that part of the page alone."""
    campaign = one_of(request, pk)
    found = its_upload(campaign, upload)
    context = {
        "campaign": campaign,
        "tab": "contacts",
        "step": "contacts",
        "upload": found,
        "running": found.state in {Upload.State.STAGED, Upload.State.RUNNING},
        "left_out": found.duplicates + found.invalid + found.opted_out,
        "rejected": found.rejected.all()[:REJECTED],
        "preview": previewed(campaign.contacts.filter(upload=found), campaign),
    }
    return render(request, f"campaigns/{'report' if request.GET.get('part') == 'report' else 'upload'}.html", context)


@require_GET
@door(Role.ADMIN)
def left_out(request: MemberRequest, pk: int, upload: int) -> HttpResponse:
    found = its_upload(one_of(request, pk), upload)
    answer = StreamingHttpResponse(uploading.rejected_csv(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="left-out-{found.pk}.csv"'
    return cast(HttpResponse, answer)


def its_upload(campaign: Campaign, upload: int) -> Upload:
    return get_object_or_404(campaign.uploads, pk=upload)
