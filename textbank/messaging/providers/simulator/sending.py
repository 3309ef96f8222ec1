"""Handing a text to the simulator's carrier."""

import httpx

from textbank.messaging.texts import Accepted, Account, Outgoing, Refused, Unknown

# The request never left: nobody can have taken the text.
NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


async def send(client: httpx.AsyncClient, account: Account, outgoing: Outgoing) -> Accepted | Refused | Unknown:
    """Post one text to `{address}/{key}/messages`, where the key is the messaging service's id."""
    try:
        answer = await client.post(
            f"{account.address.rstrip('/')}/{account.key}/messages",
            json={
                "message_id": outgoing.id,
                "from": outgoing.sender,
                "to": outgoing.to,
                "text": outgoing.text,
            },
        )
    except NEVER_LEFT as error:
        return Refused("unreachable", f"The carrier cannot be reached ({type(error).__name__}).", retry=True)
    except httpx.HTTPError as error:
        return Unknown(f"The carrier did not answer ({type(error).__name__}).")
    return _understand(answer)


def _understand(answer: httpx.Response) -> Accepted | Refused | Unknown:
    said = _fields(answer)
    if answer.is_success:
        provider_id = said.get("id")
        if isinstance(provider_id, str) and provider_id:
            return Accepted(provider_id)
        return Unknown("The carrier's answer carries no id.")
    # A server's error says that it broke, not when: it may have broken after taking the text.
    if not answer.is_client_error:
        return Unknown(f"The carrier answered {answer.status_code}.")
    return Refused(
        code=str(said.get("code") or answer.status_code),
        reason=str(said.get("reason") or f"The carrier answered {answer.status_code}."),
        retry=answer.status_code == httpx.codes.TOO_MANY_REQUESTS,
    )


def _fields(answer: httpx.Response) -> dict[str, object]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
