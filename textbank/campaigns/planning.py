"""A campaign is written down, as a draft: nothing is texted before it is started."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from textbank.campaigns import scripting
from textbank.campaigns.editing import refuse_nonsense
from textbank.campaigns.models import Campaign
from textbank.organizations import audit
from textbank.organizations.models import Membership, Team


@transaction.atomic
def plan(
    title: str,
    *,
    by: Membership,
    script: dict[str, Any] | None = None,
    teams: Collection[Team] = (),
    **fields: Any,
) -> Campaign:
    """A draft with this script. Texting hours and zone are the organization's unless `fields` says others.

    Raises editing.BadBasics or scripting.BadScript, and then there is no campaign.
    """
    refuse_nonsense(fields, teams)
    usual = by.organization.settings
    hours = {"texting_starts": usual.texting_starts, "texting_ends": usual.texting_ends, "timezone": usual.timezone}
    campaign = Campaign.objects.create(organization=by.organization, title=title, created_by=by, **{**hours, **fields})
    campaign.teams.set(teams)
    scripting.write(campaign, script)
    audit.record(by.organization, "planned", campaign, by=by)
    return campaign
