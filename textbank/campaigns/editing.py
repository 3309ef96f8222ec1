"""A campaign's basics change, before its start and after."""

from typing import Any

from django.db import transaction

from textbank.campaigns.models import Campaign
from textbank.organizations import audit
from textbank.organizations.models import Membership

BASICS = {"title", "description", "due_by", "texting_starts", "texting_ends", "timezone", "autoassign"}


@transaction.atomic
def change(campaign: Campaign, *, by: Membership, **basics: Any) -> list[str]:
    """Changes the campaign's basics, started or not; returns the names of those that are new."""
    if strange := set(basics) - BASICS:
        raise TypeError(f"A campaign has no {', '.join(sorted(strange))} that could be changed so.")
    new = sorted(name for name, value in basics.items() if getattr(campaign, name) != value)
    for name in new:
        setattr(campaign, name, basics[name])
    if new:
        campaign.save(update_fields=new)
        audit.record(campaign.organization, "changed", campaign, by=by, new=new)
    return new
