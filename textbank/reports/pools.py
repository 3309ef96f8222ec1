"""What the pools of an organization have: how much each gives right now, and how much waits in it at whatever hour."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q

from textbank.assignments.pool import (
    KINDS,
    MARGINS,
    ORDER,
    Pool,
    free_for,
    general_pool,
    handing_out,
    open_somewhere,
    team_pool,
)
from textbank.conversations.filters import UNASSIGNED, Filter
from textbank.conversations.models import Status
from textbank.organizations.models import Organization, Settings, Team
from textbank.reports.counts import by_campaign

REPLY, FIRST = Status.NEEDS_RESPONSE, Status.NEEDS_FIRST_MESSAGE


@dataclass
class Stock:
    """One pool, by kind. `now` is exactly what a member who is in no other team and holds nothing is offered from it;
    `there` is what is in the pool of the campaigns it serves, escalated ones apart, whatever the hour: what `which`
    finds."""

    pool: Pool
    is_on: bool
    # The campaigns it serves, and how many escalated conversations of theirs it gives now.
    serves: dict[Status, list[int]] = field(default_factory=dict)
    escalated: dict[Status, int] = field(default_factory=dict)
    now: dict[Status, int] = field(default_factory=dict)
    there: dict[Status, int] = field(default_factory=dict)
    # First messages that it gives again when fewer replies wait.
    gated: int = 0

    def which(self, status: Status) -> Filter:
        said = {"status": status.key, "texter": UNASSIGNED, "escalated": "exclude"}
        return Filter.parse({**said, "campaign": self.serves[status]})


def stock(organization: Organization, teams: Iterable[Team], now: dt.datetime) -> list[Stock]:
    """Of the general pool, then of these teams (their escalation tags should have been read along): as many
    statements for a hundred as for one."""
    settings = organization.settings
    general = Stock(general_pool(settings), settings.general_on)
    found = [general, *(of_team(team, settings) for team in teams)]
    free = {status: fill(found, organization, status, now) for status in ORDER}
    counts = by_campaign({campaign for one in found for ids in one.serves.values() for campaign in ids})
    for one in found:
        for status in ORDER:
            mine = [counts[campaign] for campaign in one.serves[status] if campaign in counts]
            one.there[status] = sum(its.that(status=status, in_pool=True, escalated=False) for its in mine)
            given = sum(free[status][campaign] for campaign in one.serves[status]) + one.escalated[status]
            one.now[status] = given if one.is_on else 0
        close_gate(one, general, free[REPLY], settings.backlog_gate)
    return found


def of_team(team: Team, settings: Settings) -> Stock:
    return Stock(team_pool(team, [tag.pk for tag in team.escalation_tags.all()], settings), team.is_on)


def fill(found: Sequence[Stock], organization: Organization, status: Status, now: dt.datetime) -> Counter[int]:
    """What each pool serves of that kind; returns how much each campaign gives now that is not escalated."""
    campaigns = list(handing_out(organization.pk, status, now).prefetch_related("teams"))
    for one in found:
        shelves = one.pool.shelves(campaigns) if status in KINDS[one.pool.gives] else []
        one.serves[status] = [campaign.pk for shelf in shelves for campaign in shelf]
    open_now = open_somewhere(campaigns, now, MARGINS[status])
    free = free_for(None, status).filter(open_now, campaign__in=campaigns).order_by()
    escalated = free.filter(escalated=True).aggregate(
        **{
            f"of_{place}": Count("pk", filter=one.pool.reaches & Q(campaign__in=one.serves[status]))
            for place, one in enumerate(found)
        }
    )
    for place, one in enumerate(found):
        one.escalated[status] = escalated[f"of_{place}"]
    return Counter(dict(free.filter(escalated=False).values_list("campaign").annotate(count=Count("pk"))))


def close_gate(one: Stock, general: Stock, replies: Counter[int], gate: int | None) -> None:
    """Nobody is given first messages with so many replies waiting in the pools that are theirs."""
    theirs = {*one.serves[REPLY], *(general.serves[REPLY] if general.is_on else ())}
    if gate is not None and sum(replies[campaign] for campaign in theirs) + one.escalated[REPLY] >= gate:
        one.gated, one.now[FIRST] = one.now[FIRST], 0
