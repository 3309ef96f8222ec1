"""Everybody does anything in any order, and what should never be never is."""

import datetime as dt
import uuid

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.cast import NOON, town
from textbank.assignments import archiving, escalating, labelling, leaving, releasing, requesting, tags, undoing
from textbank.assignments.plans import BadPlan
from textbank.assignments.reassigning import reassign, unassign
from textbank.campaigns import launching
from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import open_now
from textbank.conversations import answering, closing, delivering, drafting, noting, opting_out, sending
from textbank.conversations.models import Conversation, Direction, Handoff, Kind, Message, MessageStatus, State, Status
from textbank.conversations.receiving import receive, report
from textbank.messaging.texts import Accepted, DeliveryReport, Inbound, Refused, Unknown
from textbank.organizations import people
from textbank.organizations.models import Membership, Role, Tag
from textbank.reports import invariants

CONVERSATIONS = 4
TEXTERS = ("tess", "theo", "tara")

threads = st.integers(0, CONVERSATIONS - 1)
several = st.sets(threads, min_size=1, max_size=CONVERSATIONS)
texters = st.sampled_from(TEXTERS)
groups = st.lists(texters, min_size=1, max_size=3, unique=True)
# Mostly whoever has it: who has not is refused, and then nothing is learnt.
somebody = st.sampled_from(("holder", "holder", "holder", *TEXTERS, "sue"))
mostly = st.sampled_from([True, True, False])
either = st.booleans()


class Office(RuleBasedStateMachine):
    """Riverton with two campaigns, in one of which people are texted from nine to noon, and a few contacts in both."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.now = NOON
        self.here = town("riverton", "Riverton Votes")
        for name, role in [("Ada", Role.ADMIN), ("Sue", Role.SUPERVOLUNTEER), *((n, Role.TEXTER) for n in TEXTERS)]:
            self.here.person(name.capitalize(), role)
        self.campaigns = [
            self.here.campaign("All day"),
            self.here.campaign("Mornings", texting_starts=dt.time(9), texting_ends=dt.time(13)),
        ]
        self.tags = [tags.make("Urgent", assignable=False, by=self.here.ada), tags.make("Spanish", by=self.here.ada)]
        self.ids = [self.begin(number).pk for number in range(CONVERSATIONS)]
        self.texts = 0
        self.click = uuid.uuid4()

    def begin(self, number: int) -> Conversation:
        # The last one is with the number of the first, in the other campaign.
        cell = f"+121255501{number % (CONVERSATIONS - 1):02d}"
        holder = [None, self.here.tess, self.here.theo][number % 3]
        return self.here.conversations(self.campaigns[number % 2], cell=cell, holder=holder)[0]

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # What everybody does with what they see

    def thread(self, number: int) -> Conversation:
        return Conversation.objects.select_related("contact", "campaign", "organization").get(pk=self.ids[number])

    def member(self, name: str) -> Membership:
        return Membership.objects.select_related("user", "organization__settings").get(pk=self.here.people[name].pk)

    def who(self, name: str, thread: Conversation) -> Membership:
        if name != "holder":
            return self.member(name)
        return Membership.objects.select_related("user", "organization__settings").get(
            pk=thread.texter_id or self.here.sue.pk
        )

    def later(self, minutes: int = 1) -> dt.datetime:
        self.now += dt.timedelta(minutes=minutes)
        return self.now

    @rule(minutes=st.sampled_from([5, 90, 600]))
    def time_passes(self, minutes):
        self.later(minutes)

    @rule(number=threads, who=somebody, looked=mostly)
    def send(self, number, who, looked):
        thread, before = self.thread(number), Message.objects.count()
        text = None if thread.status == Status.NEEDS_FIRST_MESSAGE else "Hello again"
        seen = thread.last_inbound if looked else None
        self.click = uuid.uuid4()
        by = self.who(who, thread)
        try:
            message = sending.send(thread.pk, text, by=by, client_id=self.click, last_seen=seen, now=self.later())
        except sending.Refused:
            assert Message.objects.count() == before
            return
        campaign = thread.campaign
        assert open_now(thread.hours_key, campaign.hours, campaign.legal_hours, self.now)
        assert not thread.opted_out
        assert message.status == MessageStatus.QUEUED

    @rule()
    def click_again(self):
        earlier = Message.objects.filter(client_id=self.click).first()
        if earlier is None or earlier.kind == Kind.AUTOMATIC:
            return
        again = sending.send(
            earlier.conversation_id, earlier.text, by=earlier.author, client_id=self.click, now=self.later()
        )
        assert again == earlier

    @rule(number=threads, words=st.sampled_from(["Yes", "Who is this?", "STOP", "START", "HELP"]), twice=either)
    def receive(self, number, words, twice):
        self.texts += 1
        inbound = Inbound(f"in-{self.texts}", self.thread(number).contact.cell, "+12125550100", words)
        messages = {receive(self.here.service, inbound, now=self.later()) for _ in range(1 + twice)}
        assert len(messages) == 1

    @rule(number=threads)
    def talk(self, number):
        self.send(number, "holder", True)
        self.receive(number, "Yes", False)
        self.send(number, "holder", True)

    @rule(number=threads, who=somebody, farewell=either)
    def opt_out(self, number, who, farewell):
        thread = self.thread(number)
        by = self.who(who, thread)
        if thread.texter != by and not by.may(Role.SUPERVOLUNTEER):
            return
        if not farewell:
            opting_out.opt_out(thread, by=by, channel="page", now=self.later())
            return
        try:
            opting_out.say_farewell_and_opt_out(thread, "Goodbye", by=by, client_id=uuid.uuid4(), now=self.later())
        except sending.Refused:
            return

    @rule(number=threads)
    def opt_in(self, number):
        cell = self.thread(number).contact.cell
        opting_out.opt_in(self.here.organization.pk, cell, by=self.here.ada, because="asked", now=self.later())
        assert not Conversation.objects.filter(contact__cell=cell, opted_out=True).exists()

    @rule(number=threads)
    def close(self, number):
        closing.close(self.thread(number))

    @rule(number=threads)
    def reopen(self, number):
        thread = self.thread(number)
        try:
            closing.reopen(thread)
        except closing.StillOptedOut:
            assert thread.opted_out

    @rule(number=threads)
    def change_their_mind(self, number):
        self.receive(number, "STOP", False)
        self.receive(number, "START", False)
        assert not self.thread(number).opted_out

    @rule(number=threads)
    def think_again(self, number):
        self.receive(number, "Yes", False)
        self.close(number)
        self.reopen(number)

    @rule(number=threads, who=texters)
    def draft(self, number, who):
        thread = self.thread(number)
        try:
            drafting.keep(thread, "Let me see", by=self.here.people[who], now=self.later())
        except sending.NotYours:
            assert thread.texter != self.here.people[who]

    @rule(number=threads, who=texters)
    def pass_on(self, number, who):
        thread = self.thread(number)
        try:
            noting.pass_on(thread.pk, "Let me see", by=self.here.people[who], now=self.later())
        except sending.NotYours:
            return
        assert thread.texter != self.here.people[who]
        assert thread.moves.filter(giver=self.here.people[who], left_alone=None).exists()

    @rule(number=threads, who=texters, value=st.sampled_from(["Yes", "No", ""]))
    def answer(self, number, who, value):
        thread = self.thread(number)
        answering.answer(thread, thread.campaign.first_step, value, by=self.here.people[who], now=self.later())

    # Work changes hands

    @rule(numbers=several, names=groups, escalated=either, drafting=either)
    def reassign(self, numbers, names, escalated, drafting):
        wishes = {"include_escalated": escalated, "include_drafting": drafting, "now": self.later()}
        try:
            reassign([self.ids[n] for n in numbers], map(self.member, names), by=self.here.ada, **wishes)
        except BadPlan:
            assert any(self.member(name).suspended for name in names)

    @rule(numbers=several, twice=either)
    def unassign(self, numbers, twice):
        wishes = {"client_id": uuid.uuid4(), "now": self.later()}
        acts = {unassign([self.ids[n] for n in numbers], by=self.here.ada, **wishes) for _ in range(1 + twice)}
        assert len(acts) == 1

    @rule(which=st.integers(0, 1))
    def release_unsent(self, which):
        releasing.release_unsent(self.campaigns[which], by=self.here.ada, now=self.later())

    @rule(which=st.integers(0, 1), minutes=st.sampled_from([0, 60]))
    def release_unreplied(self, which, minutes):
        releasing.release_unreplied(self.campaigns[which], minutes, by=self.here.ada, now=self.later())

    @rule(back=st.integers(0, 3))
    def undo(self, back):
        done = list(Handoff.objects.filter(state=State.DONE).order_by("-pk")[back : back + 1])
        for handoff in done:
            try:
                undoing.undo(handoff, by=self.here.ada, now=self.later())
            except undoing.AlreadyUndone:
                assert Handoff.objects.filter(undoes=handoff).exists()

    @rule(who=texters, count=st.integers(1, 4))
    def request(self, who, count):
        member = self.member(who)
        if member.suspended:
            return
        asked = requesting.request(member, count, now=self.later())
        assert asked.given <= count

    @rule(number=threads, who=somebody)
    def escalate(self, number, who):
        thread = self.thread(number)
        try:
            escalating.escalate(thread, by=self.who(who, thread), now=self.later())
        except sending.NotYours:
            return
        assert self.thread(number).escalated

    @rule(number=threads)
    def calm(self, number):
        escalating.untag(
            self.thread(number), list(self.here.organization.tags.all()), by=self.here.sue, now=self.later()
        )
        assert not self.thread(number).escalated

    @rule(numbers=several, which=st.integers(0, 1))
    def label(self, numbers, which):
        labelling.label([self.ids[n] for n in numbers], [self.tags[which]], by=self.here.sue, now=self.later())

    @rule(which=st.integers(0, 1), assignable=either)
    def make_another_kind(self, which, assignable):
        was = Tag.objects.get(pk=self.tags[which].pk).assignable
        tags.change(self.tags[which], assignable=assignable, by=self.here.ada, now=self.later())
        if was and not assignable:
            assert not Conversation.objects.filter(taggings__tag=self.tags[which], texter__isnull=False).exists()

    @rule(who=texters, then=st.sampled_from(["leave", "pool"]))
    def suspend(self, who, then):
        leaving.suspend(self.member(who), then, by=self.here.ada, now=self.later())

    @rule(who=texters)
    def unsuspend(self, who):
        people.unsuspend(self.member(who), by=self.here.ada)

    # Campaigns rest

    def campaign(self, which: int) -> Campaign:
        return Campaign.objects.get(pk=self.campaigns[which].pk)

    @rule(which=st.integers(0, 1))
    def pause_or_resume(self, which):
        campaign = self.campaign(which)
        if campaign.paused_at:
            launching.resume(campaign, by=self.here.ada)
        else:
            launching.pause(campaign, by=self.here.ada, now=self.later())

    @rule(which=st.integers(0, 1))
    def archive_or_unarchive(self, which):
        campaign = self.campaign(which)
        if campaign.archived_at:
            archiving.unarchive(campaign, by=self.here.ada)
        else:
            archiving.archive(campaign, by=self.here.ada, now=self.later())

    # The outbox

    @rule(fates=st.lists(st.sampled_from(["accepted", "busy", "refused", "unknown", "died"]), min_size=1, max_size=4))
    def deliver(self, fates):
        parcels = delivering.claim(self.later())
        going = Message.objects.filter(pk__in=[parcel.outgoing.id for parcel in parcels]).exclude(kind=Kind.AUTOMATIC)
        assert not going.filter(conversation__opted_out=True).exists()
        assert not going.filter(conversation__campaign__archived_at__isnull=False).exists()
        assert not going.filter(conversation__campaign__paused_at__isnull=False).exists()
        answers = {
            "accepted": lambda pk: Accepted(f"out-{pk}"),
            "busy": lambda pk: Refused("429", "Too many requests", retry=True),
            "refused": lambda pk: Refused("30005", "Unknown number", retry=False),
            "unknown": lambda pk: Unknown("No answer"),
        }
        said = {parcel.outgoing.id: fates[place % len(fates)] for place, parcel in enumerate(parcels)}
        delivering.write_down({pk: answers[fate](pk) for pk, fate in said.items() if fate != "died"}, self.now)

    @rule(state=st.sampled_from(["sent", "delivered", "failed"]))
    def report(self, state):
        for message in Message.objects.filter(status=MessageStatus.SENT, direction=Direction.OUTGOING)[:2]:
            report(self.here.service, DeliveryReport(message.provider_id, state), now=self.later())

    @rule()
    def give_up(self):
        delivering.give_up_on_forgotten(self.now)

    # What must hold

    @invariant()
    def nothing_is_broken(self):
        assert invariants.broken(only=("I1", "I2", "I3", "I4", "I5", "I6", "I7")) == []

    @invariant()
    def every_number_that_opted_out_is_marked(self):
        out = {one.cell for one in self.here.organization.opt_outs.filter(lifted_at=None)}
        for thread in Conversation.objects.select_related("contact"):
            assert thread.opted_out == (thread.contact.cell in out)

    @invariant()
    def what_wears_an_escalation_tag_is_escalated(self):
        worn = set(Conversation.objects.filter(taggings__tag__assignable=False).values_list("pk", flat=True))
        assert set(Conversation.objects.filter(escalated=True).values_list("pk", flat=True)) == worn


def play(examples: int, steps: int) -> None:
    assert "MD5" in django_settings.PASSWORD_HASHERS[0]  # a costly password for each person of each play would be felt
    run_state_machine_as_test(
        Office,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.django_db
def test_whatever_people_do_what_must_hold_holds():
    play(20, 25)


@pytest.mark.slow
@pytest.mark.django_db
def test_whatever_people_do_for_a_long_time():
    play(200, 50)
