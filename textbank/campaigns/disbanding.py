"""A team is disbanded, and it is said what becomes of the campaigns that were for it alone."""

from django.db import transaction
from django.db.models import Count

from textbank import news
from textbank.campaigns.models import Campaign, CampaignQuerySet
from textbank.organizations import audit
from textbank.organizations.models import Membership, Team


class ForNobody(Exception):
    """Campaigns were limited to the team alone: without it they would be offered to nobody."""

    def __init__(self, campaigns: list[Campaign]) -> None:
        titles = ", ".join(f"“{campaign.title}”" for campaign in campaigns)
        super().__init__(f"For this team alone: {titles}. Say whether their limit is lifted.")
        self.campaigns = campaigns


def alone_with(team: Team) -> CampaignQuerySet:
    """The campaigns, archived ones too, that are limited to this team and no other."""
    limited = Campaign.objects.filter(limited_to_teams=True, teams=team).values("pk")
    return Campaign.objects.filter(pk__in=limited).annotate(of=Count("teams")).filter(of=1).order_by("-pk")


@transaction.atomic
def disband(team: Team, *, by: Membership, lift: bool | None = None) -> list[Campaign]:
    """Deletes the team; its members stay, and what they have stays with them. Returns the campaigns that were for it
    alone: with `lift` everybody is offered them now, without it nobody is. Raises ForNobody if there are any and
    nothing is said, Team.DoesNotExist."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    campaigns = list(alone_with(team))
    if campaigns and lift is None:
        raise ForNobody(campaigns)
    if lift:
        for campaign in campaigns:
            campaign.limited_to_teams = False
            campaign.save(update_fields=["limited_to_teams"])
            audit.record(team.organization, "changed", campaign, by=by, new=["limited_to_teams"])
    members = list(team.members.values_list("pk", flat=True))
    audit.record(team.organization, "team deleted", team.title, by=by, team=team.pk)
    team.delete()
    news.tell(members, "queue")
    return campaigns
