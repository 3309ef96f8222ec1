"""How campaigns stand: conversations by status, what waits, what went out and came back.

Conversations whose contact opted out are counted apart and nowhere else: what a figure counts is what the list behind
it shows. Archived campaigns are counted like others, so that replies to them are not overlooked.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Q, QuerySet
from django.db.models.functions import TruncHour

from textbank.campaigns.models import Campaign
from textbank.conversations.models import Answer, Conversation, Direction, Kind, Message, MessageStatus, Status
from textbank.organizations.models import Membership, Organization

# Who was seen within this time counts as being here.
LATELY = dt.timedelta(minutes=5)
JUST_NOW = dt.timedelta(minutes=5)  # who texted since is sending now

IN_POOL = ExpressionWrapper(Q(texter=None), output_field=BooleanField())


class Alike(NamedTuple):
    """What conversations that are counted together have in common."""

    status: Status
    opted_out: bool
    escalated: bool
    in_pool: bool


class Counts:
    """The conversations of a campaign, or of several together."""

    def __init__(self, *others: "Counts") -> None:
        self.tally: Counter[Alike] = Counter()
        for other in others:
            self.tally.update(other.tally)

    def that(self, **wanted: object) -> int:
        """How many are so, and not opted out: `counts.that(status=Status.CLOSED, in_pool=True)`."""
        return sum(
            count
            for alike, count in self.tally.items()
            if not alike.opted_out and all(getattr(alike, name) == value for name, value in wanted.items())
        )

    @property
    def by_status(self) -> dict[Status, int]:
        return {status: self.that(status=status) for status in Status}

    @property
    def total(self) -> int:
        return self.that()

    @property
    def unassigned(self) -> int:
        return self.that(in_pool=True)

    @property
    def unsent(self) -> int:
        return self.that(status=Status.NEEDS_FIRST_MESSAGE)

    @property
    def unassigned_unsent(self) -> int:
        return self.that(status=Status.NEEDS_FIRST_MESSAGE, in_pool=True)

    @property
    def needing_response(self) -> int:
        return self.that(status=Status.NEEDS_RESPONSE)

    @property
    def escalated(self) -> int:
        return self.that(escalated=True)

    @property
    def opted_out(self) -> int:
        return sum(count for alike, count in self.tally.items() if alike.opted_out)


def by_campaign(campaigns: Iterable[int] | QuerySet[Campaign]) -> dict[int, Counts]:
    """The counts of each of these campaigns (ids, or a query for them): one statement over one index."""
    rows = (
        Conversation.objects.filter(campaign__in=campaigns)
        .order_by()
        .values_list("campaign", "status", "opted_out", "escalated", IN_POOL)
        .annotate(count=Count("*"))
    )
    found: dict[int, Counts] = defaultdict(Counts)
    for campaign, status, *rest, count in rows:
        found[campaign].tally[Alike(Status(status), *rest)] += count
    return found


class Hour(NamedTuple):
    """The texts of one hour: first messages and answers sent, texts received."""

    first: int = 0
    replies: int = 0
    received: int = 0


class Traffic(NamedTuple):
    """What went out and came back: by the hour (its beginning, on the clock asked for), by how it ended."""

    hours: dict[dt.datetime, Hour]
    outgoing: dict[MessageStatus, int]
    errors: dict[str, int]

    @property
    def first(self) -> int:
        return sum(hour.first for hour in self.hours.values())

    @property
    def sent(self) -> int:
        """Texts that a person sent, whether or not they arrived."""
        return sum(hour.first + hour.replies for hour in self.hours.values())

    @property
    def received(self) -> int:
        return sum(hour.received for hour in self.hours.values())

    @property
    def failed(self) -> int:
        return self.outgoing.get(MessageStatus.FAILED, 0)


def traffic(campaign: Campaign) -> Traffic:
    """Everything that was texted in the campaign, on its own clock, in one statement."""
    return tallied(Message.objects.filter(conversation__campaign=campaign), ZoneInfo(campaign.timezone))


def today(organization: Organization, now: dt.datetime) -> Traffic:
    """What was texted in the organization since midnight on its clock."""
    clock = ZoneInfo(organization.settings.timezone)
    midnight = now.astimezone(clock).replace(hour=0, minute=0, second=0, microsecond=0)
    # Through what moved since, because messages have no index by time: it would cost every send.
    moved = {"conversation__organization": organization, "conversation__last_activity__gte": midnight}
    return tallied(Message.objects.filter(created_at__gte=midnight, **moved), clock)


def tallied(messages: QuerySet[Message], clock: ZoneInfo) -> Traffic:
    rows = (
        messages.exclude(status=MessageStatus.CANCELLED)
        .order_by()
        .annotate(hour=TruncHour("created_at", tzinfo=clock))
        .values_list("hour", "direction", "kind", "status", "error")
        .annotate(count=Count("*"))
    )
    hours: dict[dt.datetime, Counter[str]] = defaultdict(Counter)
    outgoing: Counter[MessageStatus] = Counter()
    errors: Counter[str] = Counter()
    for hour, direction, kind, status, error, count in rows:
        hours[hour][column(direction, kind)] += count
        if direction == Direction.OUTGOING:
            outgoing[MessageStatus(status)] += count
            if status == MessageStatus.FAILED:
                errors[error or "The carrier did not say why."] += count
    plain = {hour: Hour(**{name: texts[name] for name in Hour._fields}) for hour, texts in sorted(hours.items())}
    return Traffic(plain, dict(outgoing), dict(errors.most_common()))


def column(direction: int, kind: int) -> str:
    """Which of an hour's figures a text adds to; automatic answers add to none."""
    if direction == Direction.INBOUND:
        return "received"
    return {Kind.FIRST: "first", Kind.REPLY: "replies"}.get(Kind(kind), "automatic")


def answered(campaign: Campaign) -> int:
    """How many contacts have written back at least once."""
    return campaign.conversations.filter(last_inbound__isnull=False).count()


def oldest_reply(organization: Organization) -> dt.datetime | None:
    """Since when the reply that has waited longest waits, of those that the counts count."""
    return (
        Conversation.objects.needing_response()
        .filter(organization=organization, opted_out=False, waiting_since__isnull=False)
        .filter(campaign__archived_at=None)
        .order_by("waiting_since")
        .values_list("waiting_since", flat=True)
        .first()
    )


class Part(NamedTuple):
    """One texter's part in a campaign: what they have sent in it, what they hold of it."""

    texter: Membership
    first: int
    replies: int
    unsent: int
    needing_response: int
    last_sent: dt.datetime | None = None


def texters(campaign: Campaign, most: int = 50) -> list[Part]:
    """Who texts in the campaign, the busiest first: three statements, however many there are."""
    done = {
        author: (first, replies, last)
        for author, first, replies, last in Message.objects.filter(conversation__campaign=campaign)
        .exclude(author=None)
        .exclude(status=MessageStatus.CANCELLED)
        .order_by()
        .values_list("author")
        .annotate(
            first=Count("pk", filter=Q(kind=Kind.FIRST)),
            replies=Count("pk", filter=Q(kind=Kind.REPLY)),
            last=Max("created_at"),
        )
    }
    held = {
        texter: (unsent, waiting)
        for texter, unsent, waiting in Conversation.objects.filter(campaign=campaign, opted_out=False)
        .exclude(texter=None)
        .order_by()
        .values_list("texter")
        .annotate(
            unsent=Count("pk", filter=Q(status=Status.NEEDS_FIRST_MESSAGE)),
            waiting=Count("pk", filter=Q(status=Status.NEEDS_RESPONSE)),
        )
    }
    parts = {who: (*done.get(who, (0, 0, None)), *held.get(who, (0, 0))) for who in {*done, *held}}
    busiest = sorted(parts, key=lambda who: (-parts[who][0] - parts[who][1], -parts[who][3] - parts[who][4], who))[
        :most
    ]
    people = Membership.objects.select_related("user", "presence").in_bulk(busiest)
    return [
        Part(people[who], first, replies, unsent, waiting, last)
        for who in busiest
        for first, replies, last, unsent, waiting in [parts[who]]
    ]


def online(organization: Organization, now: dt.datetime) -> list[Membership]:
    """Who has had a page open lately, the latest first."""
    members = organization.memberships.active().filter(presence__seen_at__gte=now - LATELY)
    return list(members.select_related("user", "presence").order_by("-presence__seen_at"))


class Survey(NamedTuple):
    """What was asked, and how many answered it how, in the script's order."""

    question: str
    answers: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.answers.values())

    @property
    def most(self) -> int:
        return max(self.answers.values(), default=0)


def survey(campaign: Campaign) -> list[Survey]:
    """The questions that have been answered, in the script's order. Three statements, however many there are."""
    steps = campaign.steps.exclude(question="").prefetch_related("choices")
    said: dict[int, dict[str, int]] = defaultdict(dict)
    counted = Answer.objects.filter(step__campaign=campaign).order_by().values_list("step", "value")
    for step, value, count in counted.annotate(count=Count("*")):
        said[step][value] = count
    return [
        Survey(step.question, {**{choice.value: 0 for choice in step.choices.all()}, **said[step.pk]})
        for step in steps
        if step.pk in said
    ]
