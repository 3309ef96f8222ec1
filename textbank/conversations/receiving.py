"""A contact's text comes in: kept once, whoever brings it how often; its words heeded; its holder told."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from textbank import news, prepared
from textbank.contacts import opt_out_words
from textbank.contacts.opt_out_words import Word
from textbank.conversations import early_reports, opting_out
from textbank.conversations.models import (
    Conversation,
    Direction,
    Kind,
    Message,
    MessageStatus,
    Status,
    StrayText,
)
from textbank.messaging.models import MessagingService
from textbank.messaging.texts import DeliveryReport, Inbound

# One confirmation of an opt-out, and one answer to HELP, however often the word comes meanwhile.
QUIET = dt.timedelta(minutes=5)


def receive(service: MessagingService, inbound: Inbound, *, now: dt.datetime) -> Message | StrayText:
    """Keeps the text with the conversation it answers; a second time is the first one.

    It answers the latest thread with that number in the service's organization. A number nobody texts from here
    is kept as a stray; its STOP counts too.
    """
    try:
        with transaction.atomic():
            return keep(service, inbound, now)
    except IntegrityError as error:
        if "per_provider_id" not in str(error):
            raise
        return known(service, inbound)


def known(service: MessagingService, inbound: Inbound) -> Message | StrayText:
    same = {"service": service, "provider_id": inbound.provider_id}
    return Message.objects.filter(direction=Direction.INBOUND, **same).first() or StrayText.objects.get(**same)


# Brought a second time it writes nothing. By the ORM's statements a text took 3.4 ms of the web server's CPU, so 1.6.
WRITE = """
with written as (
    insert into conversations_message (organization_id, conversation_id, service_id, sender_id, direction, kind, status,
        provider_id, text, error, created_at)
    values (%(organization_id)s, %(conversation_id)s, %(service_id)s, %(sender_id)s, %(direction)s, %(kind)s,
        %(status)s, %(provider_id)s, %(text)s, '', %(created_at)s)
    on conflict (service_id, direction, provider_id) where provider_id is not null do nothing
    returning id
)
update conversations_conversation c
set status = %(needs_response)s, waiting_since = coalesce(c.waiting_since, %(created_at)s),
    last_activity = %(created_at)s, last_inbound = written.id, changed_in = pg_current_xact_id()
from written where c.id = %(conversation_id)s
returning written.id
"""


def keep(service: MessagingService, inbound: Inbound, now: dt.datetime) -> Message | StrayText:
    thread = answered(service, inbound)
    if thread is None:
        return keep_stray(service, inbound, now)
    message = Message(
        organization_id=service.organization_id,
        conversation_id=thread.pk,
        service=service,
        sender_id=thread.sender_id,
        direction=Direction.INBOUND,
        status=MessageStatus.RECEIVED,
        provider_id=inbound.provider_id,
        text=inbound.text,
        created_at=now,
    )
    written = prepared.rows(WRITE, {**vars(message), "needs_response": Status.NEEDS_RESPONSE})
    if not written:
        return known(service, inbound)
    [[message.pk]] = written
    message._state.adding = False
    heed(thread, message, now)
    news.tell_of(thread)
    return message


def answered(service: MessagingService, inbound: Inbound) -> Conversation | None:
    """The thread that the text answers, locked with all others of the number."""
    threads = opting_out.lock_number(service.organization_id, inbound.sender)
    if len(threads) < 2:
        return threads[0] if threads else None
    spoken = dict(
        Message.objects.filter(conversation__in=threads, direction=Direction.OUTGOING)
        .values_list("conversation")
        .annotate(latest=Max("pk"))
    )
    # Whoever texted last is answered; among threads that nobody texted in, the newest.
    return max(threads, key=lambda thread: (spoken.get(thread.pk, 0), thread.pk))


def keep_stray(service: MessagingService, inbound: Inbound, now: dt.datetime) -> StrayText:
    stray = StrayText.objects.create(
        service=service,
        provider_id=inbound.provider_id,
        cell=inbound.sender,
        to=inbound.to,
        text=inbound.text,
        at=now,
    )
    match opt_out_words.read(inbound.text):
        case Word.OPT_OUT:
            opting_out.opt_out_stray(service.organization_id, inbound.sender, words=inbound.text, now=now)
        case Word.OPT_IN:
            opting_out.opt_in(service.organization_id, inbound.sender, by=None, because=inbound.text, now=now)
    return stray


def heed(thread: Conversation, message: Message, now: dt.datetime) -> None:
    """Does at once what STOP, START and HELP ask for."""
    match opt_out_words.read(message.text):
        case Word.OPT_OUT:
            opting_out.opt_out(thread, by=None, channel="text", words=message.text, now=now)
            answer_by_itself(thread, thread.organization.settings.opt_out_reply, now)
        case Word.OPT_IN:
            opting_out.opt_in(thread.organization_id, thread.contact.cell, by=None, because=message.text, now=now)
        case Word.HELP:
            answer_by_itself(thread, thread.organization.settings.help_reply, now)


def answer_by_itself(thread: Conversation, text: str, now: dt.datetime) -> None:
    """An automatic reply, once in a while: it changes nothing and answers nothing."""
    lately = Message.objects.filter(conversation=thread, kind=Kind.AUTOMATIC, text=text, created_at__gt=now - QUIET)
    if lately.exists():
        return
    Message.objects.create(
        organization_id=thread.organization_id,
        conversation_id=thread.pk,
        service_id=thread.campaign.sends_with,
        direction=Direction.OUTGOING,
        kind=Kind.AUTOMATIC,
        status=MessageStatus.QUEUED,
        text=text,
        created_at=now,
    )
    news.tell_worker()


REPORTED = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "failed": MessageStatus.FAILED,
}


def report(service: MessagingService, said: DeliveryReport, *, now: dt.datetime) -> bool:
    """Writes down what became of a text. Late, doubled and disordered reports change nothing that is final.

    One that overtook our own record of the carrier's yes is kept until that is written. Returns whether a
    message changed.
    """
    status, error = REPORTED[said.state], " ".join(filter(None, [said.error_code, said.error]))[:200]
    given = {
        "service": service.pk,
        "outgoing": Direction.OUTGOING,
        "provider_id": said.provider_id,
        "status": status,
        "error": error,
        "at": said.at or now,
        "open": open_to(status),
    }
    # Nearly always that is all there is to do, and then it needs no transaction around it.
    if prepared.rows(REPORT, given):
        return True
    with transaction.atomic():
        if accepted_after_all(service, said) and prepared.rows(REPORT, given):
            return True
        # Not “is it ours?”: it may have become so since the line before.
        if ours(service, said.provider_id).exclude(status__in=open_to(status)).exists():
            return False
        early_reports.keep(service, said.provider_id, status, error, now)
    return bool(early_reports.meet([said.provider_id]))


REPORT = """
update conversations_message set status = %(status)s, error = %(error)s, reported_at = %(at)s
where service_id = %(service)s and direction = %(outgoing)s and provider_id = %(provider_id)s and status = any(%(open)s)
returning id
"""


def accepted_after_all(service: MessagingService, said: DeliveryReport) -> int:
    """A text whose acceptance we never heard of: the carrier had it, and calls it so."""
    if not said.message_id:
        return 0
    unheard = Message.objects.filter(service=service, status=MessageStatus.UNCONFIRMED, provider_id=None)
    return unheard.filter(pk=said.message_id).update(provider_id=said.provider_id)


def ours(service: MessagingService, provider_id: str) -> QuerySet[Message]:
    return Message.objects.filter(service=service, direction=Direction.OUTGOING, provider_id=provider_id)


def open_to(status: MessageStatus) -> list[int]:
    """What a report may still change: delivered and failed are final, and “sent” never takes anything back."""
    earlier = [MessageStatus.SENDING.value, MessageStatus.UNCONFIRMED.value]
    return earlier if status == MessageStatus.SENT else [*earlier, MessageStatus.SENT.value]
