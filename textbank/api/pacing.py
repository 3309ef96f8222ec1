"""A token that asks far too fast is told to wait: from this process's memory, and without asking the database."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from textbank.api.errors import refused
from textbank.messaging.pacing import Pace

# Of each process. A program that works through a long list is not held up; one that runs wild is.
A_SECOND, AT_ONCE = 100, 3_000
KNOWN = 10_000  # tokens whose pace is kept; which rested longest is forgotten first, and begins anew

TOO_FAST = "That is more than {a_second} calls a second, for long. Wait as Retry-After says, then go on."


class Paces:
    """How fast each token may ask now. Two threads may take the same last turn: that costs a call, and no lock."""

    def __init__(self) -> None:
        self.known: OrderedDict[int, Pace] = OrderedDict()

    def wait(self, token: str, now: float) -> float:
        """Takes a turn and returns 0, or says in how many seconds there is one."""
        # Not the word itself: it would stay in memory for as long as the process.
        who = hash(token)
        pace = self.known.get(who) or self.meet(who)
        self.known.move_to_end(who)
        return 0.0 if pace.take(now, 1) else pace.wait(now)

    def meet(self, who: int) -> Pace:
        while len(self.known) >= KNOWN:
            self.known.popitem(last=False)
        return self.known.setdefault(who, Pace(A_SECOND, AT_ONCE))


paces = Paces()


def unhurried(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: 429 for a call of a token whose turn has not come."""

    def answered(request: HttpRequest) -> HttpResponse:
        token = request.headers.get("Authorization") if request.path_info.startswith("/api/") else None
        wait = paces.wait(token, time.monotonic()) if token else 0.0
        if not wait:
            return get_response(request)
        answer = refused(HTTPStatus.TOO_MANY_REQUESTS, "too_fast", TOO_FAST.format(a_second=A_SECOND))
        answer.headers["Retry-After"] = str(math.ceil(wait))
        return answer

    return answered
