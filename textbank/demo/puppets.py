"""Puppets that text as volunteers would, so that opening the demo feels like a text bank at work.

Textbank never sends by itself: a person clicks for each text. These stand in for persons, and exist in the demo alone:
they are texters of the seeded organization, in some of its seeded campaigns, over the carrier that reaches nobody, and
they do what a page lets a texter do, at a person's pace. Tess, Theo and Tara are left to whoever tries the demo.
"""

import datetime as dt
import logging
import random
import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from textbank.campaigns import blanks
from textbank.conversations import answering, closing, sending
from textbank.conversations.models import Conversation, Direction, Kind
from textbank.conversations.models.conversation import ConversationQuerySet
from textbank.demo import talk
from textbank.demo.campaigns import EARLY_VOTE, FOOD_BANK, Plan
from textbank.demo.seeding import DEMO
from textbank.demo.talk import Script, Turn
from textbank.organizations import presence
from textbank.organizations.models import Membership
from textbank.reports import to_do

log = logging.getLogger(__name__)

PUPPETS = ("nia", "omar", "june", "ravi", "rosa", "hugo", "lena", "miles", "dana")
PLANS: dict[str, Plan] = {plan.title: plan for plan in (EARLY_VOTE, FOOD_BANK)}

SECONDS = 3.0  # between two beats
IDLE = 0.4  # share of beats in which nobody happens to click
SHIFT = dt.timedelta(hours=1)
# A contact's text is read after a while; what has waited longer waits for whoever tries the demo.
READ_AFTER, LEFT_AFTER = dt.timedelta(seconds=25), dt.timedelta(minutes=15)


class Puppets:
    """One shift of them, from the first beat on."""

    def __init__(self, lot: random.Random | None = None) -> None:
        self.lot = lot or random.Random()
        self.ends: dt.datetime | None = None

    def beat(self, now: dt.datetime | None = None) -> bool:
        """One of them sends one text, or none does; returns whether one did. After an hour they have gone home."""
        now = now or timezone.now()
        self.ends = self.ends or now + SHIFT
        if not settings.DEMO or now > self.ends or self.lot.random() < IDLE:
            return False
        puppets = Membership.objects.active().filter(
            organization__slug=DEMO, user__email__in=[f"{name}@{DEMO}.test" for name in PUPPETS]
        )
        people = list(puppets.select_related("user", "organization__settings", "presence").order_by("pk"))
        self.lot.shuffle(people)
        return any(self.acts(person, now) for person in people)

    def acts(self, person: Membership, now: dt.datetime) -> bool:
        try:
            acted = self.replies(person, now) or self.greets(person, now)
        except sending.Refused as refusal:
            log.info("A puppet of the demo sent nothing: %s", refusal)
            return False
        if acted:
            presence.seen(person, now)
        return acted

    def greets(self, person: Membership, now: dt.datetime) -> bool:
        """Sends their next first message, as the button would."""
        conversation = in_the_demo(to_do.first_messages(person, now)).first()
        if conversation is None:
            return False
        sending.send(conversation.pk, None, by=person, client_id=uuid.uuid4(), now=now)
        return True

    @transaction.atomic
    def replies(self, person: Membership, now: dt.datetime) -> bool:
        """Answers whoever wrote to them lately, from the script; writes down what the contact said to its question."""
        lately = (now - LEFT_AFTER, now - READ_AFTER)
        waiting = in_the_demo(to_do.replies(person)).filter(waiting_since__range=lately)
        conversation = waiting.select_related("contact", "campaign").first()
        if conversation is None:
            return False
        turn = turn_in(conversation)
        if turn.step:
            step = conversation.campaign.steps.get(pk=turn.step)
            answering.answer(conversation, step, turn.value, by=person, now=now)
        if turn.words:
            words = blanks.fill(turn.words, sending.words_for(conversation, person))
            seen = conversation.last_inbound
            sending.send(conversation.pk, words, by=person, client_id=uuid.uuid4(), last_seen=seen, now=now)
        else:
            closing.close(conversation)
        return True


def turn_in(conversation: Conversation) -> Turn:
    """What a volunteer does next about the conversation."""
    script = Script.of(conversation.campaign, PLANS[conversation.campaign.title])
    way = answering.path(conversation)
    asks = way[-1].step.pk if way and not way[-1].value else None
    texts = conversation.messages
    heard = texts.filter(direction=Direction.INBOUND).latest("pk").text
    spoken = texts.filter(direction=Direction.OUTGOING).exclude(kind=Kind.AUTOMATIC).count()
    return talk.respond(script, conversation.contact.cell, heard, asks, spoken)


def in_the_demo(conversations: ConversationQuerySet) -> ConversationQuerySet:
    return conversations.filter(campaign__title__in=PLANS, campaign__service__provider="simulator")
