"""Plain values between us and the carriers. They know no database and no carrier's dialect."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


class BadSignature(Exception):
    """A knock that does not prove who sent it, or proves it too late: nothing in it is read."""


class Malformed(Exception):
    """A knock whose words we cannot read. Its text says which."""


@dataclass(frozen=True, slots=True)
class Account:
    """What a provider needs to know to speak for one messaging service.

    `address` is the base URL of the carrier's API, `key` the account's name there, `secret` signs.
    """

    address: str
    key: str
    secret: str = field(repr=False)  # a traceback or a log line must not carry it


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to hand over. `id` is our message id, `to` and `sender` are E.164 numbers."""

    id: int
    to: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """A contact's text: `sender` is the contact's number, `to` is ours. Both E.164; `at` is aware."""

    provider_id: str
    sender: str
    to: str
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a text. `error` and `error_code` are empty unless it failed; `at` is aware.

    `message_id` is our own id where the carrier repeats it: the only way back to a text
    whose acceptance we never heard of.
    """

    provider_id: str
    state: Literal["sent", "delivered", "failed"]
    error: str = ""
    error_code: str = ""
    at: datetime | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has the text and will report on it."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The carrier surely has not sent the text. `retry`: the same text may pass a little later."""

    code: str
    reason: str
    retry: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """The carrier may have the text or not. Sending it again could text somebody twice."""

    reason: str
