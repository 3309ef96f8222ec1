"""Fifty texters ask for two hundred texts each at the same moment."""

import threading
import time
from collections.abc import Iterator, Sequence

from django.db import connection
from django.utils import timezone

from bench.figures import Row, latencies
from textbank.assignments.requesting import request
from textbank.conversations.models import Action, Move
from textbank.organizations.models import Membership, Organization, Role

NAMES = ("request-50",)
AT_ONCE, EACH = 50, 200


def rows(organization: Organization, wanted: Sequence[str], *, quick: bool) -> Iterator[Row]:
    """request-50: served requests a second; every conversation must have been given once."""
    texters = list(
        Membership.objects.select_related("user", "organization__settings")
        .filter(organization=organization, role=Role.TEXTER)
        .order_by("pk")[:AT_ONCE]
    )
    start, taken, given = threading.Barrier(len(texters) + 1), [], []

    def ask(texter: Membership) -> None:
        # Once before, as where the product runs: a new connection first learns what tables there are. As there, they
        # are fewer than those who ask, and each is given back with the answer.
        request(texter, 1, now=timezone.now())
        connection.close()
        start.wait()
        begun = time.perf_counter()
        asked = request(texter, EACH, now=timezone.now())
        connection.close()
        taken.append(time.perf_counter() - begun)
        given.append((asked.given, asked.handoff_id))

    threads = [threading.Thread(target=ask, args=[texter]) for texter in texters]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begun
    moves = Move.objects.filter(handoff__in=[handoff for _, handoff in given], handoff__action=Action.REQUEST)
    twice = moves.count() - moves.values("conversation").distinct().count()
    short = sum(1 for count, _ in given if count < EACH)
    yield latencies(
        "request-50",
        len(given),
        taken,
        seconds,
        note=f"{moves.count()} given, {twice} of them twice, {short} texters short",
    )
