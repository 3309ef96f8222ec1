"""Handing a text to the simulator's carrier."""

import json
from http import HTTPStatus

import aiohttp

from textbank.messaging.texts import Accepted, Account, Outgoing, Refused, Unknown

# The request never left: nobody can have taken the text.
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


async def send(client: aiohttp.ClientSession, account: Account, outgoing: Outgoing) -> Accepted | Refused | Unknown:
    """Post one text to `{address}/{key}/messages`, where the key is the messaging service's id."""
    try:
        async with client.post(
            f"{account.address.rstrip('/')}/{account.key}/messages",
            json={
                "message_id": outgoing.id,
                "from": outgoing.sender,
                "to": outgoing.to,
                "text": outgoing.text,
            },
            # Elsewhere it would be given a second time.
            allow_redirects=False,
        ) as answer:
            return _understand(answer.status, await answer.read())
    except NEVER_LEFT as error:
        return Refused("unreachable", f"The carrier cannot be reached ({type(error).__name__}).", retry=True)
    except (aiohttp.ClientError, TimeoutError) as error:
        return Unknown(f"The carrier did not answer ({type(error).__name__}).")


def _understand(status: int, body: bytes) -> Accepted | Refused | Unknown:
    said = _fields(body)
    if 200 <= status < 300:
        provider_id = said.get("id")
        if isinstance(provider_id, str) and provider_id:
            return Accepted(provider_id)
        return Unknown("The carrier's answer carries no id.")
    # A server's error says that it broke, not when: it may have broken after taking the text.
    if not 400 <= status < 500:
        return Unknown(f"The carrier answered {status}.")
    return Refused(
        code=str(said.get("code") or status),
        reason=str(said.get("reason") or f"The carrier answered {status}."),
        retry=status == HTTPStatus.TOO_MANY_REQUESTS,
    )


def _fields(body: bytes) -> dict[str, object]:
    try:
        said = json.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
