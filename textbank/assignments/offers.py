"""What a texter may ask for now: every figure is of exactly what a request would be given."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from textbank.assignments.limits import Limits, limits
from textbank.assignments.models import Request
from textbank.assignments.pool import KINDS, ORDER, Pool, Shelf, free_for, pools_of, shelves
from textbank.campaigns.models import Campaign
from textbank.conversations import ledger
from textbank.conversations.arrays import as_array
from textbank.conversations.ledger import Cards
from textbank.conversations.models import Conversation, Handoff, Status
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Approval, Gives, Membership, Team
from textbank.prepared import ids_of

Counts = Mapping[tuple[Status, int], int]


@dataclass(frozen=True)
class Offer:
    """What there is for the asking from the texter's pools, or from those of one team: by kind and campaign."""

    pools: Sequence[Pool]
    limits: Limits
    # Of every pool, in the order in which they give.
    shelves: Sequence[Shelf]
    counts: Counts
    most: int

    def count(self, kind: Gives | Status = Gives.BOTH, campaign: int | None = None) -> int:
        kinds = (kind,) if isinstance(kind, Status) else KINDS[kind]
        return sum(number for (status, pk), number in self.counts.items() if status in kinds and campaign in (None, pk))

    @property
    def teams(self) -> list[Team]:
        return [pool.team for pool in self.pools if pool.team]

    def campaigns(self, kind: Gives = Gives.BOTH) -> list[tuple[Campaign, int]]:
        """The campaigns that have something of that kind, newest first, and how much."""
        there = {campaign.pk: campaign for shelf in self.shelves for campaign in shelf.campaigns}
        found = [(campaign, self.count(kind, pk)) for pk, campaign in sorted(there.items(), reverse=True)]
        return [(campaign, number) for campaign, number in found if number]


def offer(texter: Membership, now: dt.datetime, *, team: Team | None = None) -> Offer:
    pools = pools_of(texter)
    allowed = limits(texter, pools, now)
    there = shelves(texter, allowed.kinds, now, pools=pools)
    counts = counted(texter, allowed, of_team(there, team))
    return Offer(pools, allowed, there, counts, most_at_once(texter, pools, team))


def of_team(shelves: Iterable[Shelf], team: Team | None) -> list[Shelf]:
    """Those a request comes from: of the team, if one is named, else all of them."""
    return [shelf for shelf in shelves if team is None or shelf.pool.team == team]


# More of one kind in one campaign are not told apart: a texter's page would count a hundred thousand for a few digits.
MANY = 1_000
SOME = """
select turn.campaign, (select count(*) from ({free}) few)
from unnest(%s::bigint[]) with ordinality turn (campaign, place) order by place
"""


def counted(texter: Membership, allowed: Limits, shelves: Sequence[Shelf]) -> Counts:
    """What stands on these shelves together, up to one more than MANY: a statement for each kind."""
    if allowed.room == 0 or texter.approval == Approval.NONE:
        return {}
    counts: dict[tuple[Status, int], int] = {}
    for kind in ORDER:
        there = [shelf for shelf in shelves if shelf.status == kind]
        where = reduce(or_, (shelf.where for shelf in there), Q(pk__in=[]))
        campaigns = {campaign.pk for shelf in there for campaign in shelf.campaigns}
        free = free_for(texter, kind).filter(where, campaign=RawSQL("turn.campaign", ()))
        sql, given = ids_of(free[: MANY + 1])
        with connection.cursor() as cursor:
            cursor.execute(SOME.format(free=sql), [*given, as_array(campaigns)])
            counts |= {(kind, campaign): number for campaign, number in cursor.fetchall() if number}
    return counts


def by_team(texter: Membership, offered: Offer, kind: Gives = Gives.BOTH) -> list[tuple[Team, int]]:
    """Of each team of the texter's that has something of that kind for them now, how much: two statements each."""
    counts = [(team, counted(texter, offered.limits, of_team(offered.shelves, team))) for team in offered.teams]
    return [(team, number) for team, found in counts if (number := replace(offered, counts=found).count(kind))]


def most_at_once(texter: Membership, pools: Sequence[Pool], team: Team | None = None) -> int:
    """The most that any of the pools, or the team's, gives in one request."""
    most = [pool.most for pool in pools if team is None or pool.team == team]
    return max(most, default=texter.organization.settings.most_at_once)


Take = Callable[[Shelf, ConversationQuerySet, int], int]


def given(asked: Request, offered: Offer) -> dict[Status, int]:
    """What the request would be given if it were made at this moment, by kind."""
    counts: Counter[Status] = Counter()
    ids: list[int] = []

    def look(shelf: Shelf, free: ConversationQuerySet, wanted: int) -> int:
        found = found_by(shelf.first(wanted, free.exclude(pk__in=ids) if ids else free))
        ids.extend(found)
        counts[shelf.status] += len(found)
        return len(found)

    if asked.texter.approval != Approval.NONE:
        pick(asked, offered.limits, offered.shelves, look)
    return {kind: counts[kind] for kind in ORDER}


def claim(asked: Request, handoff: Handoff, pools: Sequence[Pool], now: dt.datetime) -> int:
    """Hands the texter what the request is given from these pools, and returns how many conversations those are; what
    others are claiming at this moment is passed over. The hand-off is yet to be saved."""
    allowed = limits(asked.texter, pools, now)

    def take(shelf: Shelf, free: ConversationQuerySet, wanted: int) -> int:
        before = handoff.moved
        sql, params = shelf.first(wanted, free.select_for_update(of=("self",), skip_locked=True))
        ledger.move(handoff, Cards(TO_ONE.format(free=sql), [asked.texter_id, *params]), at=now)
        return handoff.moved - before

    return pick(asked, allowed, shelves(asked.texter, allowed.kinds, now, pools=pools), take)


# Found, locked and handed over by one statement: a lock that is held while Python thinks is one that others meet.
TO_ONE = "select pk, null::bigint, %s::bigint, null::smallint, row_number() over () from ({free}) free"


def pick(asked: Request, allowed: Limits, shelves: Sequence[Shelf], take: Take) -> int:
    """From shelf to shelf until there is enough; without overflow from the first that has something, and there from
    one campaign alone. Returns how many `take` took."""
    wanted = asked.count if allowed.room is None else min(asked.count, allowed.room)
    taken = 0
    for pool, there in groupby(of_team(shelves, asked.team), key=lambda shelf: shelf.pool):
        most = min(wanted, taken + pool.most)
        for shelf in there:
            if shelf.status not in KINDS[Gives(asked.kind)] or not serves(shelf, asked.campaign_id):
                continue
            if taken < most:
                taken += take(shelf, free_on(shelf, asked), most - taken)
            if taken and not asked.texter.organization.settings.overflow:
                return taken
    return taken


def serves(shelf: Shelf, campaign: int | None) -> bool:
    return any(campaign in (None, one.pk) for one in shelf.campaigns)


def free_on(shelf: Shelf, asked: Request) -> ConversationQuerySet:
    """What the request may be given from this shelf."""
    free = shelf.conversations(asked.texter)
    if asked.campaign_id:
        free = free.filter(campaign=asked.campaign_id)
    if not asked.texter.organization.settings.overflow:
        first = Conversation.objects.filter(pk__in=found_by(shelf.first(1, free)))
        free = free.filter(campaign__in=first.values("campaign"))
    return free


def found_by(statement: tuple[str, Sequence[Any]]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return [pk for (pk,) in cursor.fetchall()]
