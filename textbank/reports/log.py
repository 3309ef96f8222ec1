"""The log of hand-offs: which of them somebody asks for, the same from the page and from a program."""

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from textbank.campaigns.models import Campaign
from textbank.conversations.filters import Strangers
from textbank.conversations.models import Handoff, Move
from textbank.organizations.models import Membership, Organization

FOUND = 100  # members that a search for a person looks at
EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)  # days that may be asked for


class Asked(NamedTuple):
    """What is asked of the log; what is empty asks nothing. Days are the organization's, the last one included."""

    action: str = ""
    state: str = ""
    person: str = ""
    by: Collection[int] = ()
    campaign: Collection[int] = ()
    reason: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


def found(organization: Organization, asked: Asked) -> QuerySet[Handoff]:
    """The hand-offs that are asked for. Raises Strangers for a campaign or member that is not the organization's."""
    refuse_strangers(organization, asked)
    wanted = Q(organization=organization)
    wanted &= Q(action=asked.action) if asked.action else Q()
    wanted &= Q(state=asked.state) if asked.state else Q()
    wanted &= Q(by__in=asked.by) if asked.by else Q()
    wanted &= touching(organization, asked.person) if asked.person else Q()
    wanted &= of_campaigns(asked.campaign) if asked.campaign else Q()
    for word in asked.reason.split():
        wanted &= Q(reason__icontains=word)
    return Handoff.objects.filter(wanted & on_days(organization, asked.since, asked.until))


def refuse_strangers(organization: Organization, asked: Asked) -> None:
    """Raises Strangers: an empty log would say that nothing ever changed hands there."""
    for kind, model, ids in (("campaign", Campaign, asked.campaign), ("member", Membership, asked.by)):
        known = model._default_manager.filter(organization=organization, pk__in=ids)
        if ids and known.count() != len(set(ids)):
            raise Strangers(kind)


def touching(organization: Organization, words: str) -> Q:
    """Done by, given by or given to somebody whose name or e-mail address holds the words."""
    ids = list(organization.memberships.found_by(words).values_list("pk", flat=True)[:FOUND])
    names = [str(pk) for pk in ids]
    return Q(by__in=ids) | Q(shares__has_any_keys=names) | Q(gives__has_any_keys=names)


def of_campaigns(campaigns: Collection[int]) -> Q:
    """Made for one of these campaigns, asked for by a filter that names one, or with a conversation of one.

    Only where the record itself does not say which campaigns were meant are its moves looked through.
    """
    named = Q()
    for pk in campaigns:
        named |= Q(filter__campaign__contains=[pk])
    moved = Move.objects.filter(handoff=OuterRef("pk"), conversation__campaign__in=campaigns)
    silent = Q(filter=None) | ~Q(filter__has_key="campaign")
    return Q(campaign__in=campaigns) | Q(campaign=None) & (named | (silent & Q(Exists(moved))))


def on_days(organization: Organization, since: dt.date | None, until: dt.date | None) -> Q:
    clock = ZoneInfo(organization.settings.timezone)
    begins = Q(at__gte=dt.datetime.combine(since, dt.time(), clock)) if since else Q()
    ends = Q(at__lt=dt.datetime.combine(until + dt.timedelta(days=1), dt.time(), clock)) if until else Q()
    return begins & ends
