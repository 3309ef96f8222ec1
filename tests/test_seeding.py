"""The demo as a newcomer finds it, and the puppets that keep it at work."""

import datetime as dt
import random
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection, transaction

from textbank.assignments import automatic
from textbank.assignments.models import Request, Schedule
from textbank.campaigns.models import Campaign
from textbank.contacts import opt_out_words
from textbank.contacts.models import Contact, OptOut
from textbank.contacts.opt_out_words import Word
from textbank.contacts.zones import normalise
from textbank.conversations.models import Action, Conversation, Direction, Handoff, Kind, Message, MessageStatus, Status
from textbank.conversations.receiving import receive
from textbank.demo import campaigns, seeding, talk
from textbank.demo.lists import Town
from textbank.demo.puppets import LEFT_AFTER, PUPPETS, READ_AFTER, Puppets
from textbank.messaging.providers.simulator import contacts
from textbank.messaging.texts import Inbound
from textbank.organizations.models import Membership, Organization, Role, User
from textbank.reports import invariants, saved_filters, to_do

# Seeded once, for whichever process of the run has this file.
pytestmark = pytest.mark.xdist_group("demo")

NOW = dt.datetime(2026, 11, 2, 17, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        assert seeding.seed(NOW)
        yield
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def demo(seeded):
    """The demo organization; what a test does to it is taken back."""
    with transaction.atomic():
        yield Organization.objects.get(slug="demo")
        transaction.set_rollback(True)


@pytest.fixture
def conversations(demo):
    return Conversation.objects.filter(organization=demo)


def member(name, org="demo"):
    return Membership.objects.get(organization__slug=org, user__email=f"{name}@{org}.test")


def test_no_invariant_is_broken():
    assert invariants.broken(now=NOW) == []


def test_a_second_time_changes_nothing(conversations):
    before = conversations.count()

    assert seeding.seed(NOW) is False
    assert conversations.count() == before


def test_everybody_is_there_with_the_one_password(demo):
    roles = Counter(Role(m.role).key for m in Membership.objects.filter(organization=demo))

    assert roles == {"owner": 1, "admin": 1, "supervolunteer": 1, "texter": 12}
    for name, role in [("owner", Role.OWNER), ("admin", Role.ADMIN), ("super", Role.SUPERVOLUNTEER)]:
        assert member(name).role == role
    assert {member(name).role for name in ("tess", "theo", "tara")} == {Role.TEXTER}
    assert all(user.check_password("textbank") for user in User.objects.all())


def test_there_is_every_kind_of_campaign(demo):
    states = Counter(campaign.state for campaign in Campaign.objects.filter(organization=demo))

    assert states == {"started": 3, "paused": 1, "archived": 1, "draft": 1}
    for campaign in Campaign.objects.filter(organization=demo):
        assert campaign.first_step is not None
        assert campaign.canned_responses.exists()
        assert campaign.hours.start == campaign.hours.end


def test_there_are_thousands_of_conversations_in_every_status(conversations):
    statuses = Counter(conversations.values_list("status", flat=True))

    assert sum(statuses.values()) >= 3000
    assert min(statuses[status] for status in Status) >= 100
    for some in (
        conversations.in_the_pool(),
        conversations.in_the_pool().needing_response(),
        conversations.filter(escalated=True),
        conversations.filter(opted_out=True),
        conversations.filter(answers__isnull=False),
        conversations.filter(taggings__isnull=False),
        conversations.filter(drafts__isnull=False),
    ):
        assert some.exists()


def test_nobody_real_could_be_texted():
    cells = set(Contact.objects.values_list("cell", flat=True))

    assert all(cell[5:10] == "55501" and normalise(cell) == cell for cell in cells)


def test_who_opted_out_said_so_and_hears_no_more(demo, conversations):
    opted_out = OptOut.objects.filter(organization=demo)

    assert opted_out.count() > 20
    assert all(opt_out_words.read(one.words) == Word.OPT_OUT for one in opted_out)
    cells = set(opted_out.values_list("cell", flat=True))
    marked = conversations.filter(opted_out=True)
    assert set(marked.values_list("contact__cell", flat=True)) == cells
    assert not marked.exclude(status=Status.CLOSED).exists()


def test_some_texts_failed_with_the_carriers_words(demo):
    failed = Message.objects.filter(organization=demo, status=MessageStatus.FAILED)

    assert failed.count() > 10
    assert {message.error[:5] for message in failed} <= {code for code, *_ in contacts.CARRIER_ERRORS}


@pytest.mark.parametrize("name", ["tess", "theo", "tara"])
def test_texters_find_work(name):
    todo = to_do.to_do(member(name), NOW)

    assert todo.first_messages >= 10
    assert todo.replies >= 5
    assert NOW - dt.timedelta(days=2) < todo.oldest < NOW
    unsent = to_do.first_messages(member(name), NOW).select_related("contact")
    assert {"yes", "no", "maybe", "spanish", "stop", "failing", "silent"} <= {
        talk.mood(one.contact.cell) for one in unsent
    }


def test_texts_lead_up_to_now(demo):
    moments = Message.objects.filter(organization=demo).values_list("created_at", flat=True)

    assert max(moments) <= NOW
    assert NOW - max(moments) < dt.timedelta(minutes=10)


def test_texts_can_be_asked_for_and_somebody_waits_for_approval(demo):
    waiting = Request.objects.filter(organization=demo, state=Request.State.WAITING).order_by("at")

    assert [asked.texter for asked in waiting] == [member("lena"), member("dana")]
    approved = Request.objects.get(organization=demo, decided_by=member("super"))
    assert (approved.texter, approved.given) == (member("miles"), 40)


def test_every_team_has_work_of_its_own(demo, conversations):
    of_team = {team.title: team for team in demo.teams.all()}
    early_vote, hospital = (
        Campaign.objects.get(organization=demo, title=plan.title) for plan in (campaigns.EARLY_VOTE, campaigns.UNION)
    )

    assert list(early_vote.teams.all()) == [of_team["Spanish speakers"]]
    assert (list(hospital.teams.all()), hospital.limited_to_teams) == ([of_team["Night shift"]], True)
    for title in ("Spanish speakers", "Leads"):
        escalating = of_team[title].escalation_tags.get()
        assert conversations.in_the_pool().filter(escalated=True, taggings__tag=escalating).count() >= 5


def test_work_goes_back_by_itself_and_one_stays(demo, conversations):
    schedule = Schedule.objects.get(organization=demo)
    [released] = Handoff.objects.filter(organization=demo, action=Action.AUTOMATIC_RELEASE)

    assert automatic.in_words(schedule) == "Every day at 9:05 PM (New York): unsent first messages"
    assert schedule.next_at > NOW
    assert released.moved >= 5
    assert automatic.release_idle(NOW - dt.timedelta(minutes=20)) == []
    assert conversations.get(pinned_to=member("tess")).texter == member("tess")


def test_hands_have_changed_in_several_ways(demo):
    actions = set(Handoff.objects.filter(organization=demo).values_list("action", flat=True))

    wanted = {Action.OPENING, Action.REQUEST, Action.REASSIGN, Action.RELEASE_UNREPLIED, Action.ESCALATE}
    assert wanted <= actions


def test_filters_are_saved_and_find_something(demo):
    ada = member("admin")

    saved = saved_filters.found_by(ada)

    assert [(one.saved.shared, one.trouble) for one in saved] == [(False, ""), (True, "")]
    assert all(one.which.conversations(ada, NOW).exists() for one in saved)


def test_the_same_lot_brings_the_same_lists():
    once, again = Town(7), Town(7)
    for plan in campaigns.DEMO:
        assert once.list_for(plan) == again.list_for(plan)
    assert Town(7).list_for(campaigns.CANVASS) != Town(8).list_for(campaigns.CANVASS)


def test_the_other_organization_has_its_own(demo):
    assert member("admin", "other").role == Role.ADMIN
    theirs = Conversation.objects.filter(organization__slug="other")
    assert theirs.exists()
    assert not theirs.filter(texter__organization=demo).exists()


def test_every_plan_answers_every_mood():
    for plan in [*campaigns.DEMO, *campaigns.OTHER]:
        if plan.started is None:
            continue
        values = {answer["value"] for answer in plan.script["answers"]}
        assert set(plan.answers.values()) <= values
        assert set(plan.answers) >= {"yes", "no", "maybe", "already", "wrong"}


@pytest.mark.parametrize(
    ("values", "heard", "value"),
    [
        (["Morning", "Afternoon"], "In the afternoon, probably", "Afternoon"),
        (["Yes", "No"], "Yep!", "Yes"),
        (["Yes", "No"], "Can't, sorry", "No"),
        (["Sí", "No"], "Sí, por favor", "Sí"),
    ],
)
def test_a_volunteer_hears_the_answer(values, heard, value):
    assert talk.by_words(values, "+12125550100", heard) == value


# The puppets


@pytest.fixture
def puppets(monkeypatch):
    """None of them ever takes a breath."""
    monkeypatch.setattr(settings, "DEMO", True)
    monkeypatch.setattr("textbank.demo.puppets.IDLE", 0)
    return Puppets(random.Random(1))


def sent_by_now(demo, since):
    return Message.objects.filter(organization=demo, created_at__gte=since, direction=Direction.OUTGOING)


def test_a_puppet_sends_one_text_as_its_texter_would(demo, puppets):
    later = NOW + LEFT_AFTER

    assert puppets.beat(later)

    [message] = sent_by_now(demo, later)
    assert (message.kind, message.status) == (Kind.FIRST, MessageStatus.QUEUED)
    assert message.author.user.email.split("@")[0] in PUPPETS
    assert message.conversation.texter == message.author
    assert message.author.presence.seen_at == later


def test_a_puppet_answers_who_wrote_lately(demo, puppets):
    rosa = member("rosa")
    texted = Conversation.objects.held_by(rosa).filter(status=Status.FIRST_MESSAGE_SENT).select_related("contact")
    thread = next(one for one in texted if talk.mood(one.contact.cell) == "yes")
    later = NOW + LEFT_AFTER
    receive(thread.sender.service, Inbound("in-1", thread.contact.cell, thread.sender.number, "Yes!"), now=later)

    assert puppets.replies(rosa, later) is False
    assert puppets.replies(rosa, later + READ_AFTER) is True

    [reply] = sent_by_now(demo, later)
    assert "Your early vote site is" in reply.text
    assert thread.answers.get().value == "Has a plan"
    assert invariants.broken(now=later + READ_AFTER) == []


def test_tess_theo_and_tara_are_left_to_who_tries_the_demo(demo, puppets):
    for beat in range(60):
        puppets.beat(NOW + LEFT_AFTER + dt.timedelta(seconds=beat))

    texts = sent_by_now(demo, NOW + LEFT_AFTER)
    assert texts.count() == 60
    assert not texts.filter(author__in=[member(name) for name in ("tess", "theo", "tara", "admin")]).exists()
    assert set(texts.values_list("conversation__campaign__title", flat=True)) == {
        campaigns.EARLY_VOTE.title,
        campaigns.FOOD_BANK.title,
    }


def test_outside_the_demo_there_are_no_puppets(demo, puppets, monkeypatch):
    monkeypatch.setattr(settings, "DEMO", False)

    assert puppets.beat(NOW) is False
    assert not sent_by_now(demo, NOW + dt.timedelta(seconds=1)).exists()


def test_over_a_carrier_that_reaches_people_they_do_nothing(demo, puppets):
    with connection.cursor() as cursor:
        cursor.execute("update messaging_messagingservice set provider = 'postcards'")
    everybody = Membership.objects.filter(organization=demo)

    assert not any(puppets.replies(person, NOW + READ_AFTER) for person in everybody)
    with pytest.raises(LookupError):  # no such carrier here
        puppets.greets(member("rosa"), NOW)


def test_after_an_hour_they_have_gone_home(puppets):
    assert puppets.beat(NOW)

    assert puppets.beat(NOW + dt.timedelta(minutes=59)) is True
    assert puppets.beat(NOW + dt.timedelta(minutes=61)) is False
