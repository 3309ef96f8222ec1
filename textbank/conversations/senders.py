"""The number a contact sees: always the same one, whoever texts and in whichever campaign."""

import zlib
from collections import defaultdict
from collections.abc import Sequence

from textbank.conversations.models import Conversation, Message, MessageStatus
from textbank.messaging.models import SenderNumber


def choose(messages: Sequence[Message]) -> dict[int, SenderNumber]:
    """The number each text goes out from: the one its contact knows, in this campaign or an earlier one, else by lot.

    A service without a number refuses its texts: they fail with the reason.
    """
    threads = {message.conversation_id: message.conversation for message in messages}
    numbers = numbers_of({message.service_id for message in messages})
    known = {number.pk: number for service in numbers.values() for number in service}
    chosen: dict[int, list[int]] = defaultdict(list)
    remembered = remembered_senders([t for t in threads.values() if t.sender_id not in known])
    for thread in threads.values():
        if thread.sender_id in known:
            continue
        choices = [n for n in numbers[thread.campaign.service_id or 0] if n.active]
        sender = remembered.get((thread.organization_id, thread.contact.cell))
        if sender not in known and choices:
            sender = choices[zlib.crc32(thread.contact.cell.encode()) % len(choices)].pk
        if sender in known:
            thread.sender_id = sender
            chosen[sender].append(thread.pk)
    for sender, ids in chosen.items():
        Conversation.objects.filter(pk__in=ids).update(sender=sender)
    stuck = [message.pk for message in messages if message.conversation.sender_id not in known]
    if stuck:
        Message.objects.filter(pk__in=stuck).update(
            status=MessageStatus.FAILED, error="The messaging service has no sender number."
        )
    return {m.pk: known[m.conversation.sender_id] for m in messages if m.conversation.sender_id in known}


def numbers_of(services: set[int]) -> dict[int, list[SenderNumber]]:
    numbers: dict[int, list[SenderNumber]] = defaultdict(list)
    for number in SenderNumber.objects.filter(service__in=services).order_by("pk"):
        numbers[number.service_id].append(number)
    return numbers


def remembered_senders(threads: Sequence[Conversation]) -> dict[tuple[int, str], int]:
    """The numbers by which these contacts were texted before, by (organization, cell)."""
    cells = {thread.contact.cell for thread in threads}
    organizations = {thread.organization_id for thread in threads}
    earlier = (
        Conversation.objects.filter(
            contact__organization_id__in=organizations, contact__cell__in=cells, sender__active=True
        )
        .order_by("pk")
        .values_list("organization_id", "contact__cell", "sender_id")
    )
    return {(organization, cell): sender for organization, cell, sender in earlier if sender}
