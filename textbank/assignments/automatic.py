"""What goes back to the pool by itself: replies that have been idle too long, and whatever was put on a schedule.

As with every release, what is escalated, pinned, opted out or just being answered stays where it is.
"""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django.db import transaction

from textbank.assignments.models import Releases, Schedule
from textbank.assignments.plans import Plan
from textbank.assignments.reassigning import carry_out
from textbank.assignments.releasing import HELD
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import Filter
from textbank.conversations.models import Action, Conversation, Handoff, Status
from textbank.organizations import audit, people
from textbank.organizations.models import Membership


def release_idle(now: dt.datetime) -> list[Handoff]:
    """The replies of every campaign that gives them back by itself, idle since its minutes. One that has none makes
    no hand-off."""
    campaigns = Campaign.objects.live().exclude(release_after_minutes=None).select_related("organization")
    return [act for campaign in campaigns if (act := release_idle_of(campaign, now))]


def release_idle_of(campaign: Campaign, now: dt.datetime) -> Handoff | None:
    minutes = campaign.release_after_minutes or 0
    since = now - dt.timedelta(minutes=minutes)
    waits = Conversation.objects.filter(campaign=campaign, status=Status.NEEDS_RESPONSE, texter__isnull=False)
    idle = waits.filter(waiting_since__lte=since, held_since__lte=since, opted_out=False, escalated=False)
    if not idle.filter(pinned_to=None).exists():
        return None
    said = Filter.parse({**HELD, "campaign": campaign.pk, "status": Status.NEEDS_RESPONSE.key, "opted_out": False})
    why = f"Idle for {minutes:,} minutes"
    return by_itself(Action.AUTOMATIC_RELEASE, campaign.organization_id, said, now, idle_minutes=minutes, reason=why)


def release_from_who_only_sends(now: dt.datetime) -> list[Handoff]:
    """Replies to texters who send first messages only."""
    waits = Conversation.objects.filter(
        status=Status.NEEDS_RESPONSE, texter__sends_only=True, opted_out=False, escalated=False, pinned_to=None
    )
    held = waits.order_by().values_list("organization", "texter").distinct()
    return [answered_by_others(organization, texter, now) for organization, texter in held]


def answered_by_others(organization: int, texter: int, now: dt.datetime) -> Handoff:
    said = Filter.parse({"texter": texter, "status": Status.NEEDS_RESPONSE.key})
    why = "Sends first messages only"
    return by_itself(Action.AUTOMATIC_RELEASE, organization, said, now, reason=why)


def by_itself(
    action: Action,
    organization: int,
    which: Filter,
    now: dt.datetime,
    *,
    idle_minutes: int | None = None,
    reason: str = "",
    made_by: Membership | None = None,
) -> Handoff:
    """A release as the organization's owner would see it, which nobody asks for at this moment."""
    eyes = people.owner_of(organization)
    return carry_out(Plan(action, eyes, now, filter=which, idle_minutes=idle_minutes, reason=reason, made_by=made_by))


class BadSchedule(ValueError):
    """A schedule that makes no sense. `fields` says what is wrong with which part, in words."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def put_on(schedule: Schedule, now: dt.datetime) -> Schedule:
    """Writes a new or changed schedule down, with its next moment. Raises BadSchedule."""
    if bool(schedule.weekdays) == (schedule.date is not None):
        raise BadSchedule(weekdays="Choose the days of the week, or one date.")
    if not set(schedule.weekdays) <= set(range(7)):
        raise BadSchedule(weekdays="There are seven days in a week.")
    schedule.next_at = next_after(schedule, now)
    if schedule.next_at is None:
        raise BadSchedule(date="That moment is over.")
    schedule.save()
    audit.record(schedule.organization, "scheduled", in_words(schedule), by=schedule.made_by)
    return schedule


def take_off(schedule: Schedule, *, by: Membership) -> None:
    audit.record(schedule.organization, "unscheduled", in_words(schedule), by=by)
    schedule.delete()


def pause(schedule: Schedule, now: dt.datetime) -> None:
    schedule.paused_at = now
    schedule.save(update_fields=["paused_at"])


def resume(schedule: Schedule, now: dt.datetime) -> None:
    """Goes on with the next moment from now: what was missed meanwhile is not made up for."""
    schedule.paused_at, schedule.next_at = None, next_after(schedule, now)
    schedule.save(update_fields=["paused_at", "next_at"])


def next_after(schedule: Schedule, now: dt.datetime) -> dt.datetime | None:
    """Its next moment after now, on its own clock; None where there is none any more."""
    clock = ZoneInfo(schedule.timezone)
    today = now.astimezone(clock).date()
    days: Iterable[dt.date] = [schedule.date] if schedule.date else (today + dt.timedelta(days=n) for n in range(8))
    moments = (dt.datetime.combine(day, schedule.time, clock) for day in days if goes_on(schedule, day))
    return next((moment.astimezone(dt.UTC) for moment in moments if moment > now), None)


def goes_on(schedule: Schedule, day: dt.date) -> bool:
    return not schedule.weekdays or day.weekday() in schedule.weekdays


def run_due(now: dt.datetime) -> list[Handoff]:
    """Carries out every schedule whose moment has come, each once, whoever else looks."""
    done = []
    while (act := run_next(now)) is not None:
        done.append(act)
    return done


@transaction.atomic
def run_next(now: dt.datetime) -> Handoff | None:
    due = Schedule.objects.filter(next_at__lte=now, paused_at=None).order_by("next_at", "pk")
    schedule = due.select_for_update(of=("self",), skip_locked=True).select_related("made_by__user").first()
    if schedule is None:
        return None
    act = by_itself(
        Action.SCHEDULED_RELEASE,
        schedule.organization_id,
        which(schedule),
        now,
        idle_minutes=schedule.idle_minutes if schedule.releases == Releases.UNREPLIED else None,
        reason=in_words(schedule),
        made_by=schedule.made_by,
    )
    schedule.last_handoff, schedule.next_at = act, next_after(schedule, now)
    schedule.save(update_fields=["last_handoff", "next_at"])
    return act


def which(schedule: Schedule) -> Filter:
    status = Status.NEEDS_FIRST_MESSAGE if schedule.releases == Releases.UNSENT else Status.NEEDS_RESPONSE
    said = {**HELD, "status": status.key}
    return Filter.parse(
        said | ({"campaign": schedule.campaign_id} if schedule.campaign_id else {"campaign_state": "active"})
    )


DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def in_words(schedule: Schedule) -> str:
    """Every day at 9:05 PM (New York): unsent first messages."""
    match sorted(schedule.weekdays):
        case []:
            days = f"On {schedule.date:%-d %B %Y}"
        case [0, 1, 2, 3, 4, 5, 6]:
            days = "Every day"
        case [0, 1, 2, 3, 4]:
            days = "Every weekday"
        case numbers:
            days = f"Every {' and '.join(DAYS[number] for number in numbers)}"
    idle = schedule.releases == Releases.UNREPLIED and schedule.idle_minutes
    long = f", idle for {schedule.idle_minutes:,} minutes" if idle else ""
    place = schedule.timezone.rpartition("/")[2].replace("_", " ")
    return f"{days} at {schedule.time:%-I:%M %p} ({place}): {schedule.get_releases_display().lower()}{long}"
