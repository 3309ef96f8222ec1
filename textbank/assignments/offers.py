"""What a texter may ask for now: every figure is of exactly what a request would be given."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from django.db.models import Count, Q

from textbank.assignments.limits import Limits, limits
from textbank.assignments.models import Request
from textbank.assignments.pool import KINDS, ORDER, Pool, Shelf, free_for, pools_of, shelves
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations.models import Approval, Gives, Membership, Team

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
    shelves = stock(texter, pools, allowed, now)
    counts = counted(texter, allowed, of_team(shelves, team))
    return Offer(pools, allowed, shelves, counts, most_at_once(texter, pools, team))


def stock(texter: Membership, pools: Sequence[Pool], allowed: Limits, now: dt.datetime) -> list[Shelf]:
    """The shelves of these pools with what the texter may be given from them, in the order in which they give."""
    of_kind = {kind: shelves(texter, kind, now, pools=pools) for kind in allowed.kinds}
    return [shelf for pool in pools for kind in ORDER for shelf in of_kind.get(kind, ()) if shelf.pool is pool]


def of_team(shelves: Iterable[Shelf], team: Team | None) -> list[Shelf]:
    """Those a request comes from: of the team, if one is named, else all of them."""
    return [shelf for shelf in shelves if team is None or shelf.pool.team == team]


def counted(texter: Membership, allowed: Limits, shelves: Sequence[Shelf]) -> Counts:
    """What stands on these shelves together: a statement for each kind."""
    if allowed.room == 0 or texter.approval == Approval.NONE:
        return {}
    found: dict[Status, Q] = {}
    for shelf in shelves:
        found[shelf.status] = found.get(shelf.status, Q(pk__in=[])) | shelf.where
    return {
        (kind, campaign): number
        for kind, where in found.items()
        for campaign, number in free_for(texter, kind)
        .filter(where)
        .values_list("campaign")
        .annotate(number=Count("pk"))
    }


def by_team(texter: Membership, offered: Offer, kind: Gives = Gives.BOTH) -> list[tuple[Team, int]]:
    """Of each team of the texter's that has something of that kind for them now, how much: two statements each."""
    counts = [(team, counted(texter, offered.limits, of_team(offered.shelves, team))) for team in offered.teams]
    return [(team, number) for team, found in counts if (number := replace(offered, counts=found).count(kind))]


def most_at_once(texter: Membership, pools: Sequence[Pool], team: Team | None = None) -> int:
    """The most that any of the pools, or the team's, gives in one request."""
    most = [pool.most for pool in pools if team is None or pool.team == team]
    return max(most, default=texter.organization.settings.most_at_once)


def given(asked: Request, offered: Offer) -> dict[Status, int]:
    """What the request would be given if it were made at this moment, by kind."""
    counts: Counter[Status] = Counter()
    if asked.texter.approval != Approval.NONE:
        for shelf, ids in picked(asked, offered.limits, offered.shelves):
            counts[shelf.status] += len(ids)
    return {kind: counts[kind] for kind in ORDER}


def claimed(asked: Request, now: dt.datetime) -> list[int]:
    """What the request is given, locked; what others are claiming at this moment is passed over."""
    pools = pools_of(asked.texter)
    allowed = limits(asked.texter, pools, now)
    shelves = stock(asked.texter, pools, allowed, now)
    return [pk for _, ids in picked(asked, allowed, shelves, locked=True) for pk in ids]


def picked(
    asked: Request, allowed: Limits, shelves: Sequence[Shelf], *, locked: bool = False
) -> Iterator[tuple[Shelf, list[int]]]:
    """From shelf to shelf until there is enough; without overflow from the first that has something, and there from
    one campaign alone."""
    wanted = asked.count if allowed.room is None else min(asked.count, allowed.room)
    given: list[int] = []
    for pool, there in groupby(of_team(shelves, asked.team), key=lambda shelf: shelf.pool):
        most = min(wanted, len(given) + pool.most)
        for shelf in there:
            if shelf.status not in KINDS[Gives(asked.kind)] or not serves(shelf, asked.campaign_id):
                continue
            if len(given) < most:
                found = taken(shelf, asked, most - len(given), given, locked)
                given += found
                yield shelf, found
            if given and not asked.texter.organization.settings.overflow:
                return


def serves(shelf: Shelf, campaign: int | None) -> bool:
    return any(campaign in (None, one.pk) for one in shelf.campaigns)


def taken(shelf: Shelf, asked: Request, wanted: int, given: Collection[int], locked: bool) -> list[int]:
    free = shelf.conversations(asked.texter)
    if asked.campaign_id:
        free = free.filter(campaign=asked.campaign_id)
    if given:
        # Our own locks are not passed over.
        free = free.exclude(pk__in=given)
    if not asked.texter.organization.settings.overflow and (first := free.first()):
        free = free.filter(campaign=first.campaign_id)
    if locked:
        free = free.select_for_update(of=("self",), skip_locked=True)
    return list(free.values_list("pk", flat=True)[:wanted])
