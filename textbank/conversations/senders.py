"""The number a contact sees: always the same one, whoever texts and in whichever campaign."""

import datetime as dt
import zlib
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from textbank.conversations.models import Conversation, Message, MessageStatus
from textbank.messaging.models import SenderNumber


class Leaving(NamedTuple):
    """A text about to leave, with what decides whether it may and from which number."""

    id: int
    kind: int
    text: str
    created_at: dt.datetime
    service: int
    conversation: int
    organization: int
    sender: int | None
    hours_key: str
    opted_out: bool
    campaign: int
    archived: bool
    cell: str


def choose(texts: Sequence[Leaving]) -> dict[int, SenderNumber]:
    """The number each text goes out from: the one its contact knows, in this campaign or an earlier one, else by lot.

    A service without a number refuses its texts: they fail with the reason.
    """
    numbers = numbers_of({text.service for text in texts})
    chosen = {text.conversation: text.sender for text in texts if text.sender in numbers[text.service]}
    strangers = {text.conversation: text for text in texts if text.conversation not in chosen}
    remembered = remembered_senders(strangers.values())
    joined: dict[int, list[int]] = defaultdict(list)
    for text in strangers.values():
        ours = numbers[text.service]
        sender = remembered.get((text.organization, text.cell))
        choices = [number.pk for number in ours.values() if number.active]
        if sender not in ours and choices:
            sender = choices[zlib.crc32(text.cell.encode()) % len(choices)]
        if sender in ours:
            chosen[text.conversation] = sender
            joined[sender].append(text.conversation)
    for sender, ids in joined.items():
        Conversation.objects.among(ids).update(sender=sender)
    stuck = [text.id for text in texts if text.conversation not in chosen]
    if stuck:
        Message.objects.filter(pk__in=stuck).update(
            status=MessageStatus.FAILED, error="The messaging service has no sender number."
        )
    return {t.id: numbers[t.service][chosen[t.conversation]] for t in texts if t.conversation in chosen}


def numbers_of(services: set[int]) -> dict[int, dict[int, SenderNumber]]:
    numbers: dict[int, dict[int, SenderNumber]] = defaultdict(dict)
    for number in SenderNumber.objects.filter(service__in=services).select_related("service").order_by("pk"):
        numbers[number.service_id][number.pk] = number
    return numbers


def remembered_senders(texts: Collection[Leaving]) -> dict[tuple[int, str], int]:
    """The numbers by which these contacts were texted before, by (organization, cell)."""
    if not texts:
        return {}
    earlier = (
        Conversation.objects.filter(
            contact__organization_id__in={text.organization for text in texts},
            contact__cell__in={text.cell for text in texts},
            sender__active=True,
        )
        .order_by("pk")
        .values_list("organization_id", "contact__cell", "sender_id")
    )
    return {(organization, cell): sender for organization, cell, sender in earlier if sender}
