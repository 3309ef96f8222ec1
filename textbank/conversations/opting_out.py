"""A number that must not be texted any more, or may be again: by organization, over all its campaigns."""

import datetime as dt

from django.db import transaction

from textbank import news
from textbank.contacts.models import OptOut
from textbank.conversations.models import Conversation, Kind, Message, MessageStatus, Status
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations import audit
from textbank.organizations.models import Membership


@transaction.atomic
def opt_out(
    conversation: Conversation, *, by: Membership | None, channel: str, words: str = "", now: dt.datetime
) -> OptOut:
    """Opts the conversation's number out of its organization, closes the conversation, marks all of that number.

    Texts to it that are still in the outbox are cancelled. Opting out twice is once.
    """
    cell, organization = conversation.contact.cell, conversation.organization_id
    lock_number(organization, cell)
    made, new = OptOut.objects.get_or_create(
        organization_id=organization,
        cell=cell,
        lifted_at=None,
        defaults={"at": now, "channel": channel, "words": words, "by": by},
    )
    mark(organization, cell, opted_out=True)
    Conversation.objects.filter(pk=conversation.pk).update(status=Status.CLOSED, last_activity=now)
    Message.objects.filter(
        conversation__contact__cell=cell, organization_id=organization, status=MessageStatus.QUEUED
    ).exclude(kind=Kind.AUTOMATIC).update(status=MessageStatus.CANCELLED, error="The contact opted out.")
    conversation.status, conversation.opted_out = Status.CLOSED, True
    if new:
        audit.record(conversation.organization, "opted out", cell, by=by, channel=channel)
    return made


@transaction.atomic
def opt_out_stray(organization: int, cell: str, *, words: str, now: dt.datetime) -> None:
    """A number that no conversation is with asked for silence: it is honoured all the same."""
    OptOut.objects.get_or_create(
        organization_id=organization,
        cell=cell,
        lifted_at=None,
        defaults={"at": now, "channel": "text", "words": words},
    )
    mark(organization, cell, opted_out=True)


@transaction.atomic
def opt_in(organization: int, cell: str, *, by: Membership | None, because: str, now: dt.datetime) -> int:
    """Lifts the number's opt-out and the marks; statuses stay. Returns how many opt-outs were lifted: 0 or 1."""
    lifted = OptOut.objects.filter(organization_id=organization, cell=cell, lifted_at=None).update(
        lifted_at=now, lifted_by=by, lifted_because=because
    )
    if lifted:
        mark(organization, cell, opted_out=False)
    return lifted


def lock_number(organization: int, cell: str) -> list[Conversation]:
    """Every conversation of the number in the organization, locked.

    In the order of ids, as everybody locks: two opt-outs of one number never wait for each other in a ring.
    """
    return list(
        Conversation.objects.select_related("contact", "campaign", "organization__settings")
        .filter(organization_id=organization, contact__organization_id=organization, contact__cell=cell)
        .order_by("pk")
        .select_for_update(of=("self",))
    )


def mark(organization: int, cell: str, *, opted_out: bool) -> None:
    """Marks every conversation of the number; whoever has one is told."""
    other = [thread for thread in lock_number(organization, cell) if thread.opted_out != opted_out]
    Conversation.objects.filter(pk__in=[thread.pk for thread in other]).update(
        opted_out=opted_out, changed_in=CurrentTransaction()
    )
    for thread in other:
        if thread.texter_id:
            news.tell([thread.texter_id], f"conversation:{thread.pk}")
