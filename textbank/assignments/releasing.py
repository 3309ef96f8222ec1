"""Work goes back to the pool: a campaign's unsent first messages, its unanswered replies, or everybody's.

Escalated, pinned, opted-out and just-being-answered conversations are left alone, and the record says so.
"""

import datetime as dt
from typing import Any

from textbank.assignments.plans import BadPlan, Plan
from textbank.assignments.reassigning import carry_out, preview
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import UNASSIGNED, Filter
from textbank.conversations.models import Action, Handoff, Status
from textbank.organizations.models import Membership

# Of one campaign, archived or not; who opted out is looked at too, so that the record can say it was left alone.
HELD = {"not_texter": UNASSIGNED, "campaign_state": ["active", "archived"], "opted_out": [False, True]}


def release_unsent(
    campaign: Campaign, *, by: Membership, now: dt.datetime, dry_run: bool = False, **wishes: Any
) -> Handoff:
    """Every held conversation of the campaign that needs a first message."""
    said = Filter.parse({**HELD, "campaign": campaign.pk, "status": Status.NEEDS_FIRST_MESSAGE.key})
    return release(Plan(Action.RELEASE_UNSENT, by, now, filter=said, **wishes), dry_run)


def release_unreplied(
    campaign: Campaign, idle_minutes: int, *, by: Membership, now: dt.datetime, dry_run: bool = False, **wishes: Any
) -> Handoff:
    """Every held conversation of the campaign that needs a response and has been idle that long; 0 takes all."""
    said = Filter.parse({**HELD, "campaign": campaign.pk, "status": Status.NEEDS_RESPONSE.key})
    return release(idle(Action.RELEASE_UNREPLIED, said, idle_minutes, by=by, now=now, **wishes), dry_run)


def release_unhandled(
    idle_minutes: int, *, by: Membership, now: dt.datetime, dry_run: bool = False, **wishes: Any
) -> Handoff:
    """The same over every campaign of the organization that is not archived."""
    said = Filter.parse({**HELD, "campaign_state": "active", "status": Status.NEEDS_RESPONSE.key})
    return release(idle(Action.RELEASE_UNHANDLED, said, idle_minutes, by=by, now=now, **wishes), dry_run)


def idle(action: Action, said: Filter, minutes: int, **wishes: Any) -> Plan:
    if not 0 <= minutes <= 60 * 24 * 365:
        raise BadPlan(idle_minutes="Say for how many minutes a reply must have been idle; 0 takes all.")
    return Plan(action, filter=said, idle_minutes=minutes, **wishes)


def release(plan: Plan, dry_run: bool) -> Handoff:
    return preview(plan) if dry_run else carry_out(plan)
