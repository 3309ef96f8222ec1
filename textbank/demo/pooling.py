"""How the demo organization shares its work out: what each team is for, who waits for approval, what goes back by
itself."""

import datetime as dt

from textbank.assignments import automatic, labelling, requesting
from textbank.assignments.models import Releases, Schedule
from textbank.campaigns.models import Campaign
from textbank.conversations import pinning
from textbank.conversations.models import Conversation, Status
from textbank.demo import campaigns
from textbank.demo.campaigns import Plan
from textbank.demo.past import HOUR, MINUTE
from textbank.demo.people import Office
from textbank.organizations.models import Approval, Gives

IDLE_MINUTES = 240


def share_out(office: Office, now: dt.datetime) -> None:
    give_teams_their_campaigns(office)
    ask_for_spanish(office, now - 25 * MINUTE)
    put_on_releases(office, now)
    pin_one(office, now)
    ask_for_approval(office, now)


def give_teams_their_campaigns(office: Office) -> None:
    """Early voters are for those who speak Spanish before others; the hospital's people write at night, to no other."""
    teams = {team.title: team for team in office.organization.teams.all()}
    campaign_of(office, campaigns.EARLY_VOTE).teams.add(teams["Spanish speakers"])
    hospital = campaign_of(office, campaigns.UNION)
    hospital.limited_to_teams = True
    hospital.save(update_fields=["limited_to_teams"])
    hospital.teams.add(teams["Night shift"])


def campaign_of(office: Office, plan: Plan) -> Campaign:
    return Campaign.objects.get(organization=office.organization, title=plan.title)


def ask_for_spanish(office: Office, at: dt.datetime) -> None:
    """Who wrote Spanish to somebody who reads none waits for the team that does."""
    waiting = Conversation.objects.needing_response().filter(
        organization=office.organization,
        campaign__in=Campaign.objects.live(),
        taggings__tag=office.tags["Spanish"],
        escalated=False,
        last_activity__lt=at - 20 * MINUTE,
    )
    elsewhere = waiting.exclude(texter__teams__title="Spanish speakers")
    ids = list(elsewhere.order_by("waiting_since", "pk").values_list("pk", flat=True)[:9])
    labelling.label(ids, [office.tags["Needs Spanish"]], by=office.members["super"], now=at)


def put_on_releases(office: Office, now: dt.datetime) -> None:
    """Of the food bank what is idle for hours; every night what nobody got round to of the canvass."""
    food_bank = campaign_of(office, campaigns.FOOD_BANK)
    food_bank.release_after_minutes = IDLE_MINUTES
    food_bank.save(update_fields=["release_after_minutes"])
    automatic.release_idle_of(food_bank, now - 20 * MINUTE)
    nightly = Schedule(
        organization=office.organization,
        campaign=campaign_of(office, campaigns.CANVASS),
        releases=Releases.UNSENT,
        time=dt.time(21, 5),
        timezone=office.organization.settings.timezone,
        weekdays=list(range(7)),
        made_by=office.admin,
        made_at=now - 30 * HOUR,
    )
    automatic.put_on(nightly, now)


def pin_one(office: Office, now: dt.datetime) -> None:
    """Tess has talked with somebody for a while and wants to go on with it."""
    tess = office.members["tess"]
    talking = Conversation.objects.held_by(tess).workable().filter(status=Status.ACTIVE, escalated=False)
    if thread := talking.order_by("-last_activity", "pk").first():
        pinning.pin(thread, by=tess, now=now - 15 * MINUTE)


def ask_for_approval(office: Office, now: dt.datetime) -> None:
    """Two who are new to it wait for somebody to look; a third was given what he asked for."""
    for who in ("lena", "dana", "miles"):
        member = office.members[who]
        member.approval = Approval.REQUIRED
        member.save(update_fields=["approval"])
    asked = requesting.request(office.members["miles"], 40, now=now - 32 * MINUTE)
    requesting.approve(asked, by=office.members["super"], now=now - 28 * MINUTE)
    requesting.request(office.members["lena"], 100, now=now - 12 * MINUTE)
    requesting.request(office.members["dana"], 25, kind=Gives.REPLIES, now=now - 5 * MINUTE)
