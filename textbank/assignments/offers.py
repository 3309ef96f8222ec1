"""What a texter may ask for now: every figure is of exactly what a request would be given."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from textbank.assignments.limits import Limits, limits
from textbank.assignments.models import Request
from textbank.assignments.pool import KINDS, ORDER, Pool, Shelf, assignable, pools_of, shelves
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations.models import Gives, Membership, Team

Counts = Mapping[tuple[Status, int], int]


@dataclass(frozen=True)
class Offer:
    """What there is for the asking from the texter's pools, or from those of one team: by kind and campaign."""

    pools: Sequence[Pool]
    limits: Limits
    counts: Counts
    most: int

    def count(self, kind: Gives | Status = Gives.BOTH, campaign: int | None = None) -> int:
        kinds = (kind,) if isinstance(kind, Status) else KINDS[kind]
        return sum(number for (status, pk), number in self.counts.items() if status in kinds and campaign in (None, pk))

    @property
    def teams(self) -> list[Team]:
        return [pool.team for pool in self.pools if pool.team]

    def campaigns(self, kind: Gives = Gives.BOTH) -> list[tuple[Campaign, int]]:
        """The campaigns that have something of that kind, newest first, and how much: one statement."""
        found = Campaign.objects.filter(pk__in={pk for _, pk in self.counts}).order_by("-pk")
        figures = [(campaign, self.count(kind, campaign.pk)) for campaign in found]
        return [(campaign, number) for campaign, number in figures if number]


def offer(texter: Membership, now: dt.datetime, *, team: Team | None = None) -> Offer:
    pools = pools_of(texter)
    allowed = limits(texter, pools, now)
    asked = of_team(pools, team)
    return Offer(pools, allowed, counted(texter, allowed, asked, now), most_at_once(texter, asked))


def of_team(pools: Sequence[Pool], team: Team | None) -> list[Pool]:
    """Those a request comes from: of the team, if one is named, else all of them."""
    return [pool for pool in pools if team is None or pool.team == team]


def counted(texter: Membership, allowed: Limits, pools: Sequence[Pool], now: dt.datetime) -> Counts:
    if allowed.room == 0:
        return {}
    return {
        (kind, campaign): number
        for kind in allowed.kinds
        for campaign, number in assignable(texter, kind, now, pools=pools)
        .order_by()
        .values_list("campaign")
        .annotate(number=Count("pk"))
    }


def by_team(texter: Membership, offered: Offer, now: dt.datetime) -> list[tuple[Team, Counts]]:
    """Of each team of the texter's that has something for them now, how much: a few statements each."""
    found = [(team, counted(texter, offered.limits, of_team(offered.pools, team), now)) for team in offered.teams]
    return [(team, counts) for team, counts in found if counts]


def most_at_once(texter: Membership, pools: Sequence[Pool]) -> int:
    """The most that any of the pools gives in one request."""
    return max((pool.most for pool in pools), default=texter.organization.settings.most_at_once)


def given(asked: Request, now: dt.datetime) -> dict[Status, int]:
    """What the request would be given at this moment, by kind."""
    counts: Counter[Status] = Counter()
    for shelf, ids in picked(asked, now):
        counts[shelf.status] += len(ids)
    return {kind: counts[kind] for kind in ORDER}


def picked(asked: Request, now: dt.datetime, *, locked: bool = False) -> Iterator[tuple[Shelf, list[int]]]:
    """What the request is given, from shelf to shelf until there is enough; without overflow from the first that has
    something, and there from one campaign alone. `locked` passes over what others are claiming at this moment."""
    texter = asked.texter
    pools = pools_of(texter)
    allowed = limits(texter, pools, now)
    wanted = asked.count if allowed.room is None else min(asked.count, allowed.room)
    claimed: list[int] = []
    for pool in of_team(pools, asked.team):
        most = min(wanted, len(claimed) + pool.most)
        for kind in KINDS[Gives(asked.kind)]:
            for shelf in shelves(texter, kind, now, asked.campaign_id, [pool]) if kind in allowed.kinds else []:
                if len(claimed) < most:
                    found = taken(shelf, texter, most - len(claimed), claimed, locked)
                    claimed += found
                    yield shelf, found
                if claimed and not texter.organization.settings.overflow:
                    return


def taken(shelf: Shelf, texter: Membership, wanted: int, claimed: Collection[int], locked: bool) -> list[int]:
    free = shelf.conversations(texter)
    if claimed:
        # Our own locks are not passed over.
        free = free.exclude(pk__in=claimed)
    if not texter.organization.settings.overflow and (first := free.first()):
        free = free.filter(campaign=first.campaign_id)
    if locked:
        free = free.select_for_update(of=("self",), skip_locked=True)
    return list(free.values_list("pk", flat=True)[:wanted])
