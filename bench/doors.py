"""Work that comes over HTTP: texters sending, contacts answering, the outbox draining."""

import json
import time
import uuid
from collections.abc import Iterator, Sequence

from bench.figures import Row, cpu, latencies, processor
from bench.load import Answers, Ask, as_json, drive
from bench.running import Running
from textbank.conversations.models import Conversation, Direction, Message, MessageStatus, Status
from textbank.messaging.models import MessagingService
from textbank.messaging.providers.simulator.signing import sign
from textbank.organizations.models import Membership, Organization, Role, Token

NAMES = ("send", "inbound", "drain")
SENDS, QUICK_SENDS = 3000, 600
AT_ONCE = 10


def rows(organization: Organization, textbank: Running, wanted: Sequence[str], *, quick: bool) -> Iterator[Row]:
    number = QUICK_SENDS if quick else SENDS
    if {"send", "drain"} & set(wanted):
        yield from (row for row in sends(organization, textbank, number) if row.name in wanted)
    if "inbound" in wanted:
        yield inbound(organization, textbank, number)


def sends(organization: Organization, textbank: Running, number: int) -> Iterator[Row]:
    """First messages, ten at a time, each by the texter who has the conversation; then how long the outbox took."""
    held = list(
        Conversation.objects.filter(
            organization=organization, status=Status.NEEDS_FIRST_MESSAGE, opted_out=False, texter__isnull=False
        )
        .order_by("pk")
        .values_list("pk", "texter_id")[:number]
    )
    tokens = {member.pk: Token.issue(member) for member in Membership.objects.filter(role=Role.TEXTER)}
    asks = [
        as_json(f"/api/v1/conversations/{pk}/messages", tokens[texter], {"client_id": str(uuid.uuid4())})
        for pk, texter in held
        if texter
    ]
    drive(textbank.url, asks[:50], at_once=AT_ONCE)
    begun = time.perf_counter()
    with cpu(textbank.processes) as spent:
        answers = drive(textbank.url, asks[50:], at_once=AT_ONCE)
    yield latencies("send", len(answers.taken), answers.taken, answers.seconds, note=told(answers, spent))
    while Message.objects.filter(status__in=[MessageStatus.QUEUED, MessageStatus.SENDING]).exists():
        time.sleep(0.02)
        if time.perf_counter() - begun > 120:
            raise RuntimeError("The outbox did not drain in two minutes.")
    seconds = time.perf_counter() - begun
    yield Row(
        name="drain", n=len(asks) - 50, seconds=seconds, per_second=(len(asks) - 50) / seconds, note="while sending"
    )


def inbound(organization: Organization, textbank: Running, number: int) -> Row:
    """Contacts' texts at the webhook, ten at a time, each id twice: half of them must leave no row."""
    service = MessagingService.objects.get(organization=organization)
    cells = list(
        Conversation.objects.filter(organization=organization, status=Status.FIRST_MESSAGE_SENT)
        .order_by("pk")
        .values_list("contact__cell", flat=True)[: number // 2]
    )
    path = f"/webhooks/simulator/{service.pk}/inbound"
    asks = [
        knock(path, textbank.secret, place % len(cells), cells[place % len(cells)]) for place in range(2 * len(cells))
    ]
    with cpu(textbank.processes) as spent:
        answers = drive(textbank.url, asks, at_once=AT_ONCE)
    kept = Message.objects.filter(direction=Direction.INBOUND, provider_id__startswith="bench-").count()
    note = f"{kept} kept of {len(cells)} ids; {told(answers, spent)}"
    return latencies("inbound", len(answers.taken), answers.taken, answers.seconds, note=note)


def knock(path: str, secret: str, number: int, cell: str) -> Ask:
    said = {"id": f"bench-{number}", "from": cell, "to": "+16465550100", "text": "Yes, tell me more please"}
    body = json.dumps(said).encode()
    return Ask(path, {**sign(secret, body, time.time()), "Content-Type": "application/json"}, body)


def told(answers: Answers, spent: dict[str, float]) -> str:
    return f"answers {answers.statuses} {answers.first_refusal}; {processor(spent, len(answers.taken))}"
