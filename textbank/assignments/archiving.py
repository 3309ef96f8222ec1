"""A campaign leaves every working list, or comes back. Who has its conversations does not change."""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.campaigns.launching import texters_of
from textbank.campaigns.models import Campaign
from textbank.conversations.models import Kind, Message, MessageStatus
from textbank.organizations import audit
from textbank.organizations.models import Membership


@transaction.atomic
def archive(campaign: Campaign, *, by: Membership, now: dt.datetime) -> int:
    """Archives the campaign and cancels its texts that are still in the outbox; returns how many those were."""
    if campaign.archived_at:
        return 0
    campaign.archived_at = now
    campaign.save(update_fields=["archived_at"])
    # Texts that a worker is claiming at this moment are not waited for: it looks at the campaign once more.
    cancelled = (
        Message.objects.filter(conversation__campaign=campaign, status=MessageStatus.QUEUED)
        .exclude(kind=Kind.AUTOMATIC)
        .update(status=MessageStatus.CANCELLED, error="The campaign was archived.")
    )
    audit.record(campaign.organization, "archived", campaign, by=by, cancelled=cancelled)
    tell(campaign)
    return cancelled


@transaction.atomic
def unarchive(campaign: Campaign, *, by: Membership) -> None:
    if not campaign.archived_at:
        return
    campaign.archived_at = None
    campaign.save(update_fields=["archived_at"])
    audit.record(campaign.organization, "unarchived", campaign, by=by)
    tell(campaign)


def tell(campaign: Campaign) -> None:
    """Its texters have other work now, and other conversations count as escalated."""
    news.tell(texters_of(campaign), "queue")
    news.tell_watchers(campaign.organization_id)
    news.tell_watchers(campaign.organization_id, news.ESCALATED)
