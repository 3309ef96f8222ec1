"""The simulator's knocks, read into plain values."""

import json
from datetime import datetime
from typing import Any, Literal

from textbank.messaging.texts import DeliveryReport, Inbound, Malformed

STATES: dict[str, Literal["sent", "delivered", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
}


def read_inbound(body: bytes) -> Inbound:
    """A contact's text. Raises Malformed."""
    fields = _fields(body)
    return Inbound(
        provider_id=_needed(fields, "id"),
        sender=_needed(fields, "from"),
        to=_needed(fields, "to"),
        text=_text(fields, "text"),
        at=_moment(fields),
    )


def read_report(body: bytes) -> DeliveryReport:
    """What became of a text. Raises Malformed."""
    fields = _fields(body)
    state = STATES.get(_needed(fields, "state"))
    if state is None:
        raise Malformed(f"Unknown state: {fields['state']}")
    message_id = fields.get("message_id")
    return DeliveryReport(
        provider_id=_needed(fields, "id"),
        state=state,
        error=_text(fields, "error"),
        error_code=_text(fields, "error_code"),
        at=_moment(fields),
        message_id=message_id if isinstance(message_id, int) else None,
    )


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError:
        raise Malformed("Not JSON.") from None
    if not isinstance(fields, dict):
        raise Malformed("Not an object.")
    return fields


def _needed(fields: dict[str, Any], name: str) -> str:
    value = _text(fields, name)
    if not value:
        raise Malformed(f"Nothing under {name}.")
    return value


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    # PostgreSQL keeps no NUL, and half a surrogate pair has no bytes: neither may reach a row.
    if not isinstance(value, str) or "\0" in value or not _encodable(value):
        raise Malformed(f"No text under {name}.")
    return value


def _encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _moment(fields: dict[str, Any]) -> datetime | None:
    written = _text(fields, "at")
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise Malformed(f"Not a moment: {written}") from None
    if moment.tzinfo is None:
        raise Malformed(f"A moment without its zone: {written}")
    return moment
