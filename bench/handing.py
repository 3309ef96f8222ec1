"""Handing on, beside the floor: one UPDATE of one integer column of as many rows, on a copy with only its key."""

from collections.abc import Iterator

from django.db import connection

from bench.figures import Row, stopwatch, timed
from textbank.assignments import reassigning
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Conversation
from textbank.organizations.models import Membership, Organization, Role

NAMES = ("reassign-1k", "unassign-1k")


def floor(n: int) -> float:
    """F(n), in seconds: the median of three."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_floor")
        cursor.execute("create table bench_floor with (fillfactor = 100) as select * from conversations_conversation")
        cursor.execute("alter table bench_floor add primary key (id)")
        cursor.execute("vacuum analyze bench_floor")
        most = Conversation.objects.count()
        runs = []
        for run in range(3):
            first = 1 + (run * 200_000) % max(1, most - n + 1)
            update = f"update bench_floor set passes = passes + 1 where id between {first} and {first + n - 1}"
            runs.append(stopwatch(lambda update=update: cursor.execute(update)))
        cursor.execute("drop table bench_floor")
    return sorted(runs)[1]


def rows(organization: Organization) -> Iterator[Row]:
    """reassign-1k and unassign-1k, to ten texters."""
    by = Membership.objects.get(organization=organization, role=Role.OWNER)
    texters = list(Membership.objects.filter(organization=organization, role=Role.TEXTER).order_by("pk")[:11])
    campaign = Campaign.objects.filter(organization=organization).order_by("pk")[2]
    ids = list(campaign.conversations.filter(opted_out=False).order_by("pk").values_list("pk", flat=True)[:1000])
    lowest = floor(len(ids))
    # Turn by turn to the next ten, so that every run moves nearly everything.
    turns = iter(range(100))

    def reassign() -> None:
        turn = next(turns) % 2
        reassigning.reassign(ids, texters[turn : turn + 10], by=by)

    def unassign() -> None:
        reassigning.unassign(ids, by=by)

    yield timed("reassign-1k", len(ids), reassign, floor=lowest)
    yield timed("unassign-1k", len(ids), unassign, times=1, floor=lowest)
