"""The texter's own work: what there is to do, and asking for more."""

import datetime as dt
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router, Status
from pydantic import BaseModel, Field, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.campaigns import campaigns_of
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Id, Limit, Listed, Row, Said
from textbank.assignments import requesting
from textbank.conversations import models
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports import listing, to_do
from textbank.reports.pages import page

router = Router()

StatusKey = Literal["needs_first_message", "first_message_sent", "needs_response", "active", "closed"]


@router.get("/texter/queue", response={200: Listed[Row], **REFUSALS})
def queue(request: MemberRequest, status: StatusKey | None = None, limit: Limit = 50, after: After = "") -> Any:
    """What you hold. Without a status, what there is to do now: replies, longest waiting first, then first messages
    that may be sent at this hour."""
    seen, now = Snapshot.now(), timezone.now()
    found, order = held(request.member, status, now)
    shown = page(found, order, after, limit, listing.listed)
    return shapes.listed(request, found.count(), seen, shown, lambda row: shapes.row(row, request.member))


def held(texter: Membership, status: StatusKey | None, now: dt.datetime) -> tuple[ConversationQuerySet, str]:
    """The texter's own of that status, and the order in which they are worked on."""
    wanted = models.Status.named(status) if status else None
    if wanted in to_do.PAST:
        return to_do.past(texter).filter(status=wanted), "activity"
    work = {
        models.Status.NEEDS_FIRST_MESSAGE: to_do.first_messages(texter, now),
        models.Status.NEEDS_RESPONSE: to_do.replies(texter),
    }
    parts = [found.order_by() for name, found in work.items() if wanted in {name, None}]
    return reduce(or_, parts), "waiting"


class Asked(Said):
    count: Annotated[StrictInt, Field(ge=1)]
    campaign: Id | None = None


class Request(BaseModel):
    """`state` is `given`, `waiting` for approval, or `denied`; `given` is how many came."""

    id: int
    state: str
    given: int


@router.post("/texter/requests", response={201: Request, **REFUSALS})
def ask(request: MemberRequest, said: Asked) -> Any:
    """Asks for conversations from the pool. 409 `request_open` while an earlier request waits for approval."""
    if said.campaign is not None:
        get_object_or_404(campaigns_of(request.member), pk=said.campaign)
    made = requesting.request(request.member, said.count, campaign=said.campaign, now=timezone.now())
    return Status(201, Request(id=made.pk, state=made.state, given=made.given))
