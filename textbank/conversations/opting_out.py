"""A number that must not be texted any more, or may be again: by organization, over all its campaigns."""

import datetime as dt
import uuid

from django.db import transaction

from textbank import news, prepared
from textbank.contacts.models import OptOut
from textbank.conversations import sending
from textbank.conversations.models import Conversation, Direction, Kind, Message, MessageStatus, Status
from textbank.conversations.snapshots import CurrentTransaction
from textbank.organizations import audit
from textbank.organizations.models import Membership
from textbank.prepared import Columns


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
def say_farewell_and_opt_out(
    conversation: Conversation, text: str, *, by: Membership, client_id: uuid.UUID, now: dt.datetime
) -> Message:
    """Queues a last text in the person's own words, then opts the number out; the same click again is the same text.

    Raises a sending.Refused by name for what stands in the way of a text: then nobody is opted out either.
    """
    # The whole number first, as every opt-out does: locking this one before its neighbours could make a ring.
    lock_number(conversation.organization_id, conversation.contact.cell)
    seen = sending.look_again(conversation.pk, by, client_id)
    if seen.sent_already:
        return sending.earlier(by, client_id, conversation.pk)
    if seen.thread.status == Status.NEEDS_FIRST_MESSAGE:
        raise sending.Unsendable("No text has gone out yet: opt out without a farewell.")
    if not text.strip():
        raise sending.Unsendable("Write a farewell, or opt out without one.")
    if len(text) > sending.LONGEST:
        raise sending.Unsendable(f"That is {len(text):,} characters; carriers take {sending.LONGEST:,} at most.")
    if refusal := sending.obstacle(seen.thread, by=by, now=now):
        raise refusal
    message = Message.objects.create(
        organization_id=seen.thread.organization_id,
        conversation_id=seen.thread.pk,
        author=by,
        service_id=seen.thread.campaign.sends_with,
        direction=Direction.OUTGOING,
        kind=Kind.AUTOMATIC,
        status=MessageStatus.QUEUED,
        client_id=client_id,
        text=text.strip(),
        created_at=now,
    )
    opt_out(conversation, by=by, channel="page", now=now)
    news.tell_worker()
    return message


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


THREAD = Columns(Conversation, "c")
# Every text that comes in begins with it.
LOCK = f"""
select {THREAD} from conversations_conversation c join contacts_contact k on k.id = c.id
where c.organization_id = %(organization)s and k.organization_id = %(organization)s and k.cell = %(cell)s
order by c.id for update of c
"""  # noqa: S608 - the names of columns


def lock_number(organization: int, cell: str) -> list[Conversation]:
    """Every conversation of the number in the organization, locked.

    In the order of ids, as everybody locks: two opt-outs of one number never wait for each other in a ring.
    """
    return [THREAD.take(iter(row)) for row in prepared.rows(LOCK, {"organization": organization, "cell": cell})]


def mark(organization: int, cell: str, *, opted_out: bool) -> None:
    """Marks every conversation of the number; whoever has one is told."""
    other = [thread for thread in lock_number(organization, cell) if thread.opted_out != opted_out]
    Conversation.objects.filter(pk__in=[thread.pk for thread in other]).update(
        opted_out=opted_out, changed_in=CurrentTransaction()
    )
    for thread in other:
        news.tell_of(thread)
    if any(thread.escalated for thread in other):
        news.tell_watchers(organization, news.ESCALATED)
