"""Contact lists come in."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Router, Status, UploadedFile

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.campaigns import campaign_of
from textbank.api.door import admins, refuse_unknown
from textbank.api.errors import REFUSALS
from textbank.api.shapes import UploadReport
from textbank.contacts.models import Upload
from textbank.conversations import uploading

router = Router(auth=admins)


@router.post("/campaigns/{int:campaign}/contacts", response={(201, 202): UploadReport, **REFUSALS})
def upload(request: MemberRequest, response: HttpResponse, campaign: int, file: File[UploadedFile]) -> Any:
    """Adds a CSV list: `firstName`, `lastName`, `cell` in any spelling and order, `zip` and `external_id` if there
    are, the rest custom fields. 201 with the report; 202 for a long list, whose report is at `address`."""
    refuse_unknown({"file"}, [*request.POST, *request.FILES], "the form")
    found = campaign_of(request.member, campaign)
    made = uploading.receive(found, file.name or "", file.chunks(), by=request.member, now=timezone.now())
    report = shapes.upload(made)
    response.headers["Location"] = report.address
    return Status(201 if made.finished_at else 202, report)


@router.get("/uploads/{int:upload}", response={200: UploadReport, **REFUSALS})
def report(request: MemberRequest, upload: int) -> UploadReport:
    """How far a list has been read, and in the end what came of it."""
    uploads = Upload.objects.filter(campaign__organization_id=request.member.organization_id)
    return shapes.upload(get_object_or_404(uploads, pk=upload))
