"""A campaign begins, rests, and goes on."""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.campaigns import blanks
from textbank.campaigns.models import Campaign
from textbank.messaging.models import MessagingService
from textbank.organizations import audit
from textbank.organizations.models import Membership


class NotReady(Exception):
    """What is missing before the campaign can start, one sentence each."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(" ".join(missing))
        self.missing = missing


@transaction.atomic
def start(campaign: Campaign, *, by: Membership, now: dt.datetime) -> None:
    """Starts the campaign; starting twice is once. Raises NotReady with everything that is missing."""
    if campaign.started_at:
        return
    if missing := lacking(campaign):
        raise NotReady(missing)
    campaign.started_at = now
    campaign.service = campaign.service or service_of(campaign)
    campaign.save(update_fields=["started_at", "service"])
    audit.record(campaign.organization, "started", campaign, by=by)
    tell(campaign)


def lacking(campaign: Campaign) -> list[str]:
    """What stands between the campaign and its start, in words for the admin."""
    return [sentence for sentences in gaps(campaign).values() for sentence in sentences]


def gaps(campaign: Campaign) -> dict[str, list[str]]:
    """The same by where it is put right: the "campaign" itself, its "contacts", its "script", the "organization"."""
    found: dict[str, list[str]] = {"campaign": [], "contacts": [], "script": [], "organization": []}
    if campaign.archived_at:
        found["campaign"].append("The campaign is archived.")
    if not campaign.contacts.exists():
        found["contacts"].append("There are no contacts yet. Upload a list.")
    if campaign.first_step is None:
        found["script"].append("The script is empty. Write the first message.")
    for step in campaign.steps.all():
        found["script"] += unknown_blanks(step.texts, campaign)
    if not (campaign.service or service_of(campaign)):
        found["organization"].append("The organization has no messaging service to send with.")
    return {place: sentences for place, sentences in found.items() if sentences}


def unknown_blanks(texts: list[str], campaign: Campaign) -> list[str]:
    """A sentence for each blank in these texts that no contact could fill."""
    found = []
    for name in dict.fromkeys(name for text in texts for name in blanks.unknown(text, campaign.custom_fields)):
        meant = blanks.suggest(name, campaign.custom_fields)
        hint = f" Did you mean {{{meant}}}?" if meant else ""
        shown = name if "{" in name or "}" in name else f"{{{name}}}"
        found.append(f"The script says {shown}, which the list does not have.{hint}")
    return found


def service_of(campaign: Campaign) -> MessagingService | None:
    """What a campaign sends with unless told otherwise: the organization's first service."""
    return MessagingService.objects.filter(organization_id=campaign.organization_id).order_by("pk").first()


@transaction.atomic
def pause(campaign: Campaign, *, by: Membership, now: dt.datetime) -> None:
    """Holds first messages and queued texts back until the campaign resumes."""
    if campaign.paused_at:
        return
    campaign.paused_at = now
    campaign.save(update_fields=["paused_at"])
    audit.record(campaign.organization, "paused", campaign, by=by)
    tell(campaign)


@transaction.atomic
def resume(campaign: Campaign, *, by: Membership) -> None:
    if not campaign.paused_at:
        return
    campaign.paused_at = None
    campaign.save(update_fields=["paused_at"])
    audit.record(campaign.organization, "resumed", campaign, by=by)
    tell(campaign)


def tell(campaign: Campaign) -> None:
    """Its texters may send other texts now than before."""
    news.tell(texters_of(campaign), "queue")
    news.tell_watchers(campaign.organization_id)


def texters_of(campaign: Campaign) -> list[int]:
    """Who holds conversations of the campaign."""
    held = campaign.conversations.exclude(texter=None).order_by().values_list("texter", flat=True)
    return [texter for texter in held.distinct() if texter]
