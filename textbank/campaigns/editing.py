"""A campaign's basics change, before its start and after."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import transaction

from textbank.campaigns.models import Campaign
from textbank.organizations import audit
from textbank.organizations.models import Membership, Team

LAST = 10_000  # of priorities
LONGEST_IDLE = 60 * 24 * 365  # minutes

NO_TEAM = "Choose at least one team, or offer it to everybody."

BASICS = {
    *("title", "description", "due_by", "texting_starts", "texting_ends", "timezone"),
    *("autoassign", "priority", "limited_to_teams", "release_after_minutes"),
}


class BadBasics(ValueError):
    """Basics that make no sense. `fields` says what is wrong with which, in words."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@transaction.atomic
def change(campaign: Campaign, *, by: Membership, teams: Collection[Team] | None = None, **basics: Any) -> list[str]:
    """Changes the campaign's basics, started or not; returns the names of those that are new. Raises BadBasics."""
    if strange := set(basics) - BASICS:
        raise TypeError(f"A campaign has no {', '.join(sorted(strange))} that could be changed so.")
    there = set(campaign.teams.all())
    wanted = there if teams is None else set(teams)
    if teams is not None:
        # Without a team it would be for nobody, whether it is limited from now on or was before.
        basics = {"limited_to_teams": campaign.limited_to_teams, **basics}
    refuse_nonsense(basics, wanted)
    new = sorted(name for name, value in basics.items() if getattr(campaign, name) != value)
    for name in new:
        setattr(campaign, name, basics[name])
    if new:
        campaign.save(update_fields=new)
    if wanted != there:
        campaign.teams.set(wanted)
        new.append("teams")
    if new:
        audit.record(campaign.organization, "changed", campaign, by=by, new=new)
    return new


def refuse_nonsense(basics: Mapping[str, Any], teams: Collection[Team]) -> None:
    """Raises BadBasics with every fault at once. `teams` are those it prefers or is limited to."""
    idle = basics.get("release_after_minutes")
    faults = {
        "teams": NO_TEAM if basics.get("limited_to_teams") and not teams else "",
        "priority": "" if 0 <= basics.get("priority", 0) <= LAST else f"Between 0 and {LAST:,}, the lowest first.",
        "release_after_minutes": ""
        if idle is None or 1 <= idle <= LONGEST_IDLE
        else f"Between 1 and {LONGEST_IDLE:,} minutes; without a number none is released by itself.",
    }
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise BadBasics(found)
