"""From whose pools a campaign is handed out, in words where they are not everybody's."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import prefetch_related_objects

from textbank.assignments.pool import KINDS, Pool, general_pool
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Status
from textbank.organizations.models import Gives, Settings, Team


class Serving(NamedTuple):
    """The pools of an organization: what is set for the general one, and the teams that have somebody."""

    settings: Settings
    teams: Sequence[Team]


def serving(campaigns: Sequence[Campaign], organization: int) -> Serving:
    """For these campaigns of the organization, whose own teams are read along: three statements."""
    prefetch_related_objects(campaigns, "teams")
    there = Team.objects.filter(organization=organization, members__suspended_at=None, members__isnull=False)
    teams = there.distinct().order_by("priority", "title", "pk")
    return Serving(Settings.objects.get(organization=organization), list(teams))


class Said(NamedTuple):
    """In words, and whether it means that nobody is offered anything."""

    words: str = ""
    nobody: bool = False


def in_words(campaign: Campaign, waits: Collection[Status], pools: Serving) -> Said:
    """Where not everybody is offered what waits: who is, or why nobody is."""
    settings = pools.settings
    if settings.general_on and gives(general_pool(settings), campaign, waits):
        return Said()
    on = [team for team in pools.teams if team.is_on]
    teams = [team for team in on if gives(Pool(team, Gives(team.gives), 0), campaign, waits)]
    if campaign.limited_to_teams:
        return alone(sorted(campaign.teams.all(), key=lambda team: team.title), teams, on)
    general = f"The general pool {what_it_gives(Gives(settings.general_gives)) if settings.general_on else 'is off'}"
    if teams:
        return Said(f"{general}: only {named(teams)} {'is' if len(teams) == 1 else 'are'} offered it.")
    return Said(f"{general}: nobody is offered it.", nobody=True)


def gives(pool: Pool, campaign: Campaign, waits: Collection[Status]) -> bool:
    return any(status in KINDS[pool.gives] for status in waits) and any(pool.shelves([campaign]))


def alone(own: Sequence[Team], teams: Sequence[Team], on: Sequence[Team]) -> Said:
    """Of a campaign that is for its own teams alone."""
    if not own:
        return Said("For teams alone, and none is chosen: nobody is offered it.", nobody=True)
    if teams:
        return Said(f"Only for {named(own)}.")
    return Said(f"Only for {named(own)}, {why_not(own, on)}: nobody is offered it.", nobody=True)


def why_not(own: Sequence[Team], on: Sequence[Team]) -> str:
    """Why none of these gives what waits."""
    if not any(team.is_on for team in own):
        return "which is off" if len(own) == 1 else "which are off"
    able = [team for team in own if team in on]
    if not able:
        return "where nobody is"
    return f"which {what_it_gives(Gives(able[0].gives))}" if len(own) == 1 else "which give others only"


def what_it_gives(gives: Gives) -> str:
    return f"gives {gives.label.lower()}"


def named(teams: Sequence[Team]) -> str:
    """Team Spanish; the teams Leads and Spanish."""
    titles = [team.title for team in teams]
    return f"team {titles[0]}" if len(titles) == 1 else f"the teams {', '.join(titles[:-1])} and {titles[-1]}"
