"""What may be handed out now. *Assignable* is defined here, once; every count on a screen is of this set."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from textbank import prepared
from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.campaigns.texting_hours import STATES, Hours, open_keys
from textbank.contacts.zones import CLOCKS
from textbank.conversations.arrays import as_array
from textbank.conversations.models import Conversation, Status, Tagging
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.messaging.models import MessagingService
from textbank.organizations.models import Gives, Membership, Settings, Team
from textbank.prepared import Columns, ids_of

# Every hours key there can be: a clock, and where a state has hours of its own, the clock in that state.
HOURS_KEYS = [*CLOCKS, *(f"{clock}/{state}" for clock in CLOCKS for state in STATES)]

# Who is given a conversation shortly before closing time should still be able to text.
MARGINS = {
    Status.NEEDS_RESPONSE: dt.timedelta(minutes=2),
    Status.NEEDS_FIRST_MESSAGE: dt.timedelta(minutes=10),
}

# A contact who wrote is served before one who has not been written to.
ORDER = (Status.NEEDS_RESPONSE, Status.NEEDS_FIRST_MESSAGE)

KINDS = {
    Gives.BOTH: ORDER,
    Gives.REPLIES: (Status.NEEDS_RESPONSE,),
    Gives.FIRST_MESSAGES: (Status.NEEDS_FIRST_MESSAGE,),
}


@dataclass(frozen=True)
class Pool:
    """Where a texter's texts may come from: a team of theirs, or the general pool, which is nobody's in particular."""

    team: Team | None
    gives: Gives
    most: int
    tags: Sequence[int] = field(default=())

    @property
    def title(self) -> str:
        return self.team.title if self.team else "General"

    def shelves(self, campaigns: Iterable[Campaign]) -> list[list[Campaign]]:
        """Those of the campaigns that it serves, in the order in which it does: its team's own, then what is open to
        everybody. Their teams should have been read along."""
        own = [campaign for campaign in campaigns if self.team and self.team.pk in campaign.team_ids]
        others = [campaign for campaign in campaigns if not campaign.limited_to_teams and campaign not in own]
        return [own, others] if self.team else [others]

    @property
    def reaches(self) -> Q:
        """What is not escalated, and what wears no other escalation tags than the team's."""
        if not self.tags:
            return Q(escalated=False)
        others = Tagging.objects.filter(conversation=OuterRef("pk"), tag__assignable=False).exclude(tag__in=self.tags)
        return Q(escalated=False) | ~Q(Exists(others))


TEAM = Columns(Team, "t")
TEAMS = f"""
select {TEAM}, array(select e.tag_id from organizations_team_escalation_tags e where e.team_id = t.id order by e.tag_id)
from organizations_team t join organizations_team_members m on m.team_id = t.id
where m.membership_id = %(member)s and t.is_on
order by t.priority, t.title, t.id
"""  # noqa: S608 - the names of columns


def pools_of(texter: Membership) -> list[Pool]:
    """The texter's teams that hand out, of the lowest priority first, and the general pool: one statement."""
    settings = texter.organization.settings
    teams = map(iter, prepared.rows(TEAMS, {"member": texter.pk}))
    pools = [team_pool(TEAM.take(row), next(row), settings) for row in teams]
    return [*pools, general_pool(settings)] if settings.general_on else pools


def team_pool(team: Team, tags: Sequence[int], settings: Settings) -> Pool:
    return Pool(team, Gives(team.gives), team.most_at_once or settings.most_at_once, tags)


def general_pool(settings: Settings) -> Pool:
    return Pool(None, Gives(settings.general_gives), settings.most_at_once)


def assignable(
    texter: Membership,
    status: Status,
    now: dt.datetime,
    campaign: int | None = None,
    pools: Sequence[Pool] | None = None,
) -> ConversationQuerySet:
    """Conversations of that status that the texter may be given now from these pools (else all of theirs).

    In the pool, campaign started and neither paused nor archived, autoassign on, not past its due date (first
    messages), served by a pool of the texter's, textable now with a margin, not opted out, not pinned to somebody
    else, and not escalated, unless a team of theirs holds every escalation tag it wears.
    """
    found = Q(pk__in=[])
    for shelf in shelves(texter, (status,), now, pools=pools):
        found |= shelf.where
    free = free_for(texter, status).filter(found)
    return free if campaign is None else free.filter(campaign=campaign)


# A loop goes from campaign to campaign, and ends with the last row that is wanted.
ONE_BY_ONE = "select pk from unnest(%s::bigint[]) turn (campaign) cross join lateral ({of_one}) theirs limit %s"


@dataclass(frozen=True)
class Shelf:
    """What one pool gives before it goes on to the next shelf."""

    pool: Pool
    status: Status
    campaigns: Sequence[Campaign]
    where: Q

    @property
    def at_any_hour(self) -> Q:
        """What it would give if it were texting hours everywhere."""
        return Q(campaign__in=[campaign.pk for campaign in self.campaigns]) & self.pool.reaches

    def conversations(self, texter: Membership) -> ConversationQuerySet:
        free = free_for(texter, self.status).filter(self.where)
        # Their campaigns say so too; but the replies of an organization have an index in which the oldest stand first.
        return free.filter(organization=texter.organization_id) if self.status == Status.NEEDS_RESPONSE else free

    def first(self, count: int, free: ConversationQuerySet) -> tuple[str, Sequence[Any]]:
        """A statement of the ids of the first so many of these, which are the shelf's, and may be locked: the oldest
        waiting; first messages campaign by campaign, as their priorities say. Either way along an index, and no
        further than needed.
        """
        replies = self.status == Status.NEEDS_RESPONSE
        of_one = free if replies else free.filter(campaign=RawSQL("turn.campaign", ()))
        sql, params = ids_of(of_one.order_by(*(["waiting_since"] if replies else []), "pk")[:count])
        if replies:
            return sql, params
        turns = sorted(self.campaigns, key=lambda campaign: (campaign.priority, campaign.pk))
        return ONE_BY_ONE.format(of_one=sql), [as_array(campaign.pk for campaign in turns), *params, count]


def shelves(
    texter: Membership,
    kinds: Collection[Status],
    now: dt.datetime,
    pools: Sequence[Pool] | None = None,
) -> list[Shelf]:
    """Where the texter's conversations of these kinds come from, in the order in which they are given: two statements,
    however many pools and campaigns there are."""
    campaigns = by_themselves(texter.organization_id)
    there = {kind: [campaign for campaign in campaigns if gives(campaign, kind, now)] for kind in kinds}
    return [
        Shelf(pool, kind, served, open_somewhere(served, now, MARGINS[kind]) & pool.reaches)
        for pool in (pools_of(texter) if pools is None else pools)
        for kind in ORDER
        if kind in KINDS[pool.gives] and kind in there
        for served in pool.shelves(there[kind])
    ]


def gives(campaign: Campaign, kind: Status, now: dt.datetime) -> bool:
    """Whether one that hands out still gives conversations of that kind: first messages until its due date is over."""
    return kind != Status.NEEDS_FIRST_MESSAGE or not campaign.past_due(now)


CAMPAIGN = Columns(
    Campaign,
    "c",
    *("id", "title", "due_by", "texting_starts", "texting_ends", "timezone", "priority", "limited_to_teams"),
    "service_id",
)
SERVICE = Columns(MessagingService, "s", "id", "provider")
BY_THEMSELVES = f"""
select {CAMPAIGN}, array(select t.team_id from campaigns_campaign_teams t where t.campaign_id = c.id), {SERVICE}
from campaigns_campaign c left join messaging_messagingservice s on s.id = c.service_id
where c.organization_id = %(organization)s and c.autoassign
    and c.started_at is not null and c.paused_at is null and c.archived_at is null
order by c.id
"""  # noqa: S608 - the names of columns


def by_themselves(organization: int) -> list[Campaign]:
    """What `handing_out` finds, past due or not: fifty texters who ask at once ask for this fifty times."""
    found = []
    for row in map(iter, prepared.rows(BY_THEMSELVES, {"organization": organization})):
        campaign = CAMPAIGN.take(row)
        campaign.team_ids = set(next(row))
        campaign.service = SERVICE.take(row) if campaign.service_id else None
        found.append(campaign)
    return found


def handing_out(organization: int, status: Status, now: dt.datetime) -> CampaignQuerySet:
    """Campaigns that give out conversations of that status by themselves, whatever the hour."""
    campaigns = Campaign.objects.live().filter(organization=organization, autoassign=True).select_related("service")
    return campaigns.in_time(now) if status == Status.NEEDS_FIRST_MESSAGE else campaigns


def free_for(texter: Membership | None, status: Status) -> ConversationQuerySet:
    """What is in the pool for this texter, or for anybody, of whatever campaign and at whatever hour, escalated or
    not."""
    free = Conversation.objects.filter(texter=None, opted_out=False, status=status)
    return free.filter(Q(pinned_to=None) | Q(pinned_to=texter) if texter else Q(pinned_to=None))


def open_somewhere(campaigns: Iterable[Campaign], now: dt.datetime, margin: dt.timedelta) -> Q:
    """Conversations of these campaigns whose contacts may be texted now: campaigns that share hours, together."""
    alike: dict[tuple[Hours, bool], list[int]] = defaultdict(list)
    for campaign in campaigns:
        alike[campaign.hours, campaign.legal_hours].append(campaign.pk)
    found = Q(pk__in=[])
    for (hours, legal), ids in alike.items():
        here = Q(campaign__in=ids)
        always = hours.start == hours.end and not legal
        found |= here if always else here & Q(hours_key__in=open_keys(HOURS_KEYS, hours, legal, now, margin))
    return found
