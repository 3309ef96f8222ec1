"""Texting."""

import uuid
from typing import Annotated, Any

from django.utils import timezone
from ninja import Router, Status
from pydantic import Field, StrictInt

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.errors import REFUSALS
from textbank.api.shapes import MessageShape, Said
from textbank.conversations import sending

router = Router()


class MessageSaid(Said):
    """`client_id` names the click: the same one again is the same message. No `text` for a first message."""

    client_id: uuid.UUID
    text: str | None = None
    last_seen_message: Annotated[StrictInt, Field(ge=0, description="The latest inbound message you saw.")] | None = (
        None
    )


@router.post("/conversations/{int:conversation}/messages", response={201: MessageShape, **REFUSALS})
def send(request: MemberRequest, conversation: int, said: MessageSaid) -> Any:
    """Queues one text. 409 says by name what stands in its way, and then nothing was sent."""
    message = sending.send(
        conversation,
        said.text,
        by=request.member,
        client_id=said.client_id,
        last_seen=said.last_seen_message,
        now=timezone.now(),
    )
    return Status(201, shapes.message(message))
