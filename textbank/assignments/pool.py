"""What may be handed out now. *Assignable* is defined here, once; every count on a screen is of this set."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.campaigns.texting_hours import STATES, Hours, open_keys
from textbank.contacts.zones import CLOCKS
from textbank.conversations.models import Conversation, Status, Tagging
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.organizations.models import Gives, Membership, Settings, Team

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
        own = [campaign for campaign in campaigns if self.team and self.team in campaign.teams.all()]
        others = [campaign for campaign in campaigns if not campaign.limited_to_teams and campaign not in own]
        return [own, others] if self.team else [others]

    @property
    def reaches(self) -> Q:
        """What is not escalated, and what wears no other escalation tags than the team's."""
        if not self.tags:
            return Q(escalated=False)
        others = Tagging.objects.filter(conversation=OuterRef("pk"), tag__assignable=False).exclude(tag__in=self.tags)
        return Q(escalated=False) | ~Q(Exists(others))


def pools_of(texter: Membership) -> list[Pool]:
    """The texter's teams that hand out, of the lowest priority first, and the general pool: at most two statements."""
    settings = texter.organization.settings
    teams = Team.objects.filter(members=texter, is_on=True).order_by("priority", "title", "pk")
    pools = [team_pool(team, settings) for team in teams.prefetch_related("escalation_tags")]
    return [*pools, general_pool(settings)] if settings.general_on else pools


def team_pool(team: Team, settings: Settings) -> Pool:
    tags = [tag.pk for tag in team.escalation_tags.all()]
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
    for shelf in shelves(texter, status, now, campaign, pools):
        found |= shelf.where
    return free_for(texter, status).filter(found).order_by(*order(status))


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
        """In the order in which they are given: oldest waiting first, first messages by their campaign's priority."""
        return free_for(texter, self.status).filter(self.where).order_by(*order(self.status))


def shelves(
    texter: Membership,
    status: Status,
    now: dt.datetime,
    campaign: int | None = None,
    pools: Sequence[Pool] | None = None,
) -> list[Shelf]:
    """Where the texter's conversations of that status come from, pool after pool, in order."""
    campaigns = handing_out(texter.organization_id, status, now)
    if campaign is not None:
        campaigns = campaigns.filter(pk=campaign)
    return stocked(pools_of(texter) if pools is None else pools, campaigns, status, now)


def stocked(pools: Iterable[Pool], campaigns: CampaignQuerySet, status: Status, now: dt.datetime) -> list[Shelf]:
    """The shelves of these pools with what they give of these campaigns: two statements, however many they are."""
    there, margin = campaigns.prefetch_related("teams"), MARGINS[status]
    return [
        Shelf(pool, status, served, open_somewhere(served, now, margin) & pool.reaches)
        for pool in pools
        if status in KINDS[pool.gives]
        for served in pool.shelves(there)
    ]


def order(status: Status) -> list[str]:
    return ["waiting_since", "pk"] if status == Status.NEEDS_RESPONSE else ["campaign__priority", "pk"]


def handing_out(organization: int, status: Status, now: dt.datetime) -> CampaignQuerySet:
    """Campaigns that give out conversations of that status by themselves, whatever the hour."""
    campaigns = Campaign.objects.live().filter(organization=organization, autoassign=True)
    if status == Status.NEEDS_FIRST_MESSAGE:
        campaigns = campaigns.in_time(now)
    return campaigns.select_related("service")


def free_for(texter: Membership | None, status: Status) -> ConversationQuerySet:
    """What is in the pool for this texter, or for anybody, of whatever campaign and at whatever hour, escalated or
    not."""
    mine = Q(pinned_to=None) | Q(pinned_to=texter) if texter else Q(pinned_to=None)
    return Conversation.objects.filter(mine, texter=None, opted_out=False, status=status)


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
