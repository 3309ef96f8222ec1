"""What speaks against a receiver without forbidding it: written down with the hand-off, as it is then."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Count

from textbank.assignments.judging import judged
from textbank.assignments.limits import holding
from textbank.assignments.plans import Plan
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Handoff, Move, Status
from textbank.organizations.models import Approval, Team

# The reasons, in the order in which they are said.
DO_NOT_ASSIGN, OUTSIDE_TEAM, OVER_CAP, SENDS_ONLY = "do_not_assign", "outside_team", "over_cap", "sends_only"


def warned(plan: Plan, act: Handoff) -> dict[str, list[int]]:
    """By the reason, of whom of the plan's receivers it is said. Of what is not done yet, as it would be: no statement
    for what none of them has and the organization does not use."""
    if not plan.texters:
        return {}
    found = {
        DO_NOT_ASSIGN: {texter.pk for texter in plan.texters if texter.approval == Approval.NONE},
        OUTSIDE_TEAM: outside_team(plan, act),
        OVER_CAP: over_cap(plan, act),
        SENDS_ONLY: given_replies(plan, act),
    }
    in_order = [texter.pk for texter in plan.texters]
    return {reason: [pk for pk in in_order if pk in those] for reason, those in found.items() if those}


def outside_team(plan: Plan, act: Handoff) -> set[int]:
    """Who is given something of a campaign that is for teams alone, and is in none of them."""
    limited = Campaign.objects.filter(organization=plan.by.organization_id, limited_to_teams=True)
    alone = {campaign.pk: {team.pk for team in campaign.teams.all()} for campaign in limited.prefetch_related("teams")}
    if not alone:
        return set()
    receive = campaigns_for(plan, act, alone)
    of: dict[int, set[int]] = defaultdict(set)
    for member, team in Team.objects.filter(members__in=receive).values_list("members", "pk"):
        of[member].add(team)
    return {pk for pk, campaigns in receive.items() if any(alone[one].isdisjoint(of[pk]) for one in campaigns)}


def campaigns_for(plan: Plan, act: Handoff, among: Collection[int]) -> Mapping[int, set[int]]:
    """Of which of these campaigns each receiver is given something; before it is done, whatever may fall to them."""
    if not act.pk:
        matching = plan.conversations.filter(campaign__in=among).order_by().values_list("campaign", flat=True)
        campaigns = set(matching.distinct())
        return {texter.pk: campaigns for texter in plan.texters}
    moved = Move.objects.filter(handoff=act, left_alone=None, conversation__campaign__in=among).order_by()
    found: dict[int, set[int]] = defaultdict(set)
    for receiver, campaign in moved.values_list("receiver", "conversation__campaign").distinct():
        found[receiver].add(campaign)
    return found


def over_cap(plan: Plan, act: Handoff) -> set[int]:
    """Who has, or would have, more to do than they may hold."""
    caps = {texter.pk: texter.cap for texter in plan.texters if texter.cap is not None}
    if not caps:
        return set()
    held = holding(caps)
    if act.pk:
        return {pk for pk, cap in caps.items() if act.shares.get(str(pk)) and held[pk] > cap}
    # What they have of it already is dealt anew, with the rest.
    theirs = judged(plan.conversations.filter(texter__in=caps), plan).filter(stays=None).order_by()  # type: ignore[misc]
    dealt = dict(theirs.values_list("texter").annotate(Count("pk")))
    even = -(-(act.total or 0) // len(plan.texters))
    return {pk for pk, cap in caps.items() if held[pk] - dealt.get(pk, 0) + act.shares.get(str(pk), even) > cap}


def given_replies(plan: Plan, act: Handoff) -> set[int]:
    """Who sends first messages only, and is given replies: these go back to the pool by themselves."""
    senders = {texter.pk for texter in plan.texters if texter.sends_only}
    if not senders:
        return set()
    if not act.pk:
        return senders if plan.conversations.filter(status=Status.NEEDS_RESPONSE).exists() else set()
    moved = Move.objects.filter(handoff=act, left_alone=None, receiver__in=senders).order_by()
    replies = moved.filter(conversation__status=Status.NEEDS_RESPONSE)
    return {pk for pk in replies.values_list("receiver", flat=True).distinct() if pk}
