"""Who carries texts: a package a carrier, each with the same four functions."""

from collections.abc import Mapping
from typing import Protocol

import aiohttp

from textbank.messaging.texts import Accepted, Account, DeliveryReport, Inbound, Outgoing, Refused, Unknown

from . import simulator


class Provider(Protocol):
    """What a provider's package offers. It imports nothing of ours but `texts`."""

    # True where texts reach people, so that the legal windows bind.
    LEGAL_HOURS: bool

    async def send(
        self, client: aiohttp.ClientSession, account: Account, outgoing: Outgoing
    ) -> Accepted | Refused | Unknown:
        """Hand one text to the carrier, once. The client brings the time-out. Never raises for a bad answer."""

    def verify(self, account: Account, headers: Mapping[str, str], body: bytes) -> None:
        """Raise BadSignature unless the account's carrier sent exactly this body in the last five minutes."""

    def read_inbound(self, body: bytes) -> Inbound:
        """A contact's text. Raises Malformed."""

    def read_report(self, body: bytes) -> DeliveryReport:
        """What became of a text of ours. Raises Malformed."""


class NoSuchProvider(LookupError):
    """A name that no package here answers to."""


PROVIDERS: dict[str, Provider] = {"simulator": simulator}


def named(name: str) -> Provider:
    """The provider of that name. Raises NoSuchProvider."""
    try:
        return PROVIDERS[name]
    except KeyError:
        raise NoSuchProvider(name) from None
