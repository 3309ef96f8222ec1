"""How the simulator proves itself: an HMAC over the moment and the body."""

import hashlib
import hmac
import time
from collections.abc import Mapping

from textbank.messaging.texts import Account, BadSignature

MOMENT = "X-Simulator-Timestamp"
SIGNATURE = "X-Simulator-Signature"

# Long enough for clocks that disagree, short enough that a stolen knock is soon worth nothing.
FRESH_SECONDS = 5 * 60


def sign(secret: str, body: bytes, at: float) -> dict[str, str]:
    """The headers that vouch for this body; `at` is in seconds since 1970."""
    moment = str(int(at))
    return {MOMENT: moment, SIGNATURE: _digest(secret, moment, body)}


def verify(account: Account, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless the holder of the account's secret sent this body within five minutes."""
    if not account.secret:  # anybody can sign with nothing
        raise BadSignature("The account has no secret.")
    given = {name.lower(): value for name, value in headers.items()}
    moment = given.get(MOMENT.lower(), "")
    signature = given.get(SIGNATURE.lower(), "")
    # Bytes, because comparing text refuses to look at anything beyond ASCII.
    if not hmac.compare_digest(_digest(account.secret, moment, body).encode(), signature.encode()):
        raise BadSignature("The signature is missing or wrong.")
    if not moment.isdecimal() or abs(time.time() - int(moment)) > FRESH_SECONDS:
        raise BadSignature("The signature is more than five minutes old.")


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
