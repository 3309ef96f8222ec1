"""Somebody leaves, and the People page asks in the same step who goes on with their conversations."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from textbank.conversations.models import Conversation, Handoff, Status
from textbank.organizations import people
from textbank.organizations.models import Role

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def campaign(riverton):
    return riverton.campaign()


@pytest.fixture
def ten(riverton, campaign):
    """Tess has ten: five to send, three to answer, two that are closed."""
    return [
        *riverton.conversations(campaign, 5, holder=riverton.tess),
        *riverton.conversations(campaign, 3, holder=riverton.tess, status=Status.NEEDS_RESPONSE),
        *riverton.conversations(campaign, 2, holder=riverton.tess, status=Status.CLOSED),
    ]


def held(member) -> int:
    return Conversation.objects.filter(texter=member).count()


def suspended(member) -> bool:
    member.refresh_from_db()
    return member.suspended


def leave(client, member, act="suspend", **said):
    return client.post(f"/riverton/admin/people/{member.pk}/{act}/", said, follow=True)


def test_suspending_asks_what_becomes_of_the_conversations(ada, riverton, ten):
    asked = ada.get(f"/riverton/admin/people/{riverton.tess.pk}/suspend/", **HTMX)

    assert "What becomes of Tess’s 10 conversations?" in asked.text
    assert "5 to send, 3 to answer" in asked.text
    assert 'role="combobox"' in asked.text
    assert not suspended(riverton.tess)


def test_nothing_happens_until_it_is_said(ada, riverton, ten):
    answer = leave(ada, riverton.tess)

    assert answer.status_code == 422
    assert "Say what becomes of the conversations." in answer.text
    assert not suspended(riverton.tess)


def test_they_are_reassigned_in_the_same_step(ada, riverton, ten):
    answer = leave(ada, riverton.tess, then="reassign", texters=[riverton.theo.pk, riverton.tara.pk])

    assert suspended(riverton.tess)
    assert [held(one) for one in (riverton.tess, riverton.theo, riverton.tara)] == [0, 5, 5]
    assert answer.redirect_chain[-1][0] == f"/riverton/admin/handoffs/{Handoff.objects.latest('pk').pk}/"
    assert "10 conversations reassigned." in answer.text
    assert "Tess Doe was suspended" in answer.text


def test_receivers_may_be_pasted_as_e_mail_addresses(ada, riverton, ten):
    leave(ada, riverton.tess, then="reassign", emails="Theo@riverton.test;\ntara@riverton.test")

    assert [held(one) for one in (riverton.theo, riverton.tara)] == [5, 5]


def test_they_go_to_the_pool_or_stay(ada, riverton, ten, campaign):
    riverton.conversations(campaign, 2, holder=riverton.theo)

    leave(ada, riverton.tess, then="pool")
    assert suspended(riverton.tess)
    assert held(riverton.tess) == 0

    leave(ada, riverton.theo, then="leave")
    assert suspended(riverton.theo)
    assert held(riverton.theo) == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"then": "reassign"}, "Choose who receives the conversations"),
        ({"then": "reassign", "emails": "nobody@riverton.test"}, "Nobody here has the e-mail address"),
        ({"then": "reassign", "texters": ["999999"]}, "is not here any more"),
        ({"then": "reassign", "texters": ["x"]}, "is not here any more"),
        ({"then": "elsewhere"}, "elsewhere is not one of"),
    ],
)
def test_what_makes_no_sense_suspends_nobody(ada, riverton, ten, said, words):
    answer = leave(ada, riverton.tess, **said)

    assert answer.status_code == 422
    assert words in answer.text
    assert not suspended(riverton.tess)
    assert held(riverton.tess) == 10


def test_suspended_ones_and_strangers_receive_nothing(ada, riverton, otherton, ten):
    people.suspend(riverton.tara, by=riverton.ada, now=timezone.now())

    for texter in (riverton.tara, otherton.yan, riverton.tess):
        assert leave(ada, riverton.tess, then="reassign", texters=[texter.pk]).status_code == 422
    assert leave(ada, riverton.tess, then="reassign", emails="yan@otherton.test").status_code == 422

    assert held(riverton.tess) == 10
    assert not suspended(riverton.tess)


def test_who_has_nothing_is_suspended_without_a_question(ada, riverton):
    assert "Tess has no conversations." in ada.get(f"/riverton/admin/people/{riverton.tess.pk}/suspend/").text

    leave(ada, riverton.tess)

    assert suspended(riverton.tess)


def test_an_admin_suspends_no_owner_and_not_herself(ada, riverton):
    for member in (riverton.olga, riverton.ada):
        answer = leave(ada, member, then="leave")

        assert "does not let you suspend" in answer.text
        assert not suspended(member)


def test_the_last_owner_stays(client, riverton):
    client.force_login(riverton.olga.user)

    assert "does not let you suspend" in leave(client, riverton.olga, then="leave").text


def test_what_suspended_people_still_hold_is_counted_and_handed_on(ada, riverton, otherton, ten):
    leave(ada, riverton.tess, then="leave")

    page = ada.get("/riverton/admin/people/").text
    assert "1 suspended person holds" in page
    assert "8 conversations</a> that nobody sends or answers" in page
    assert "Hand on conversations" in page

    asked = ada.get(f"/riverton/admin/people/{riverton.tess.pk}/hand-on/", **HTMX).text
    assert "Hand on 10</button>" in asked
    assert 'value="leave"' not in asked

    answer = leave(ada, riverton.tess, "hand-on", then="reassign", texters=[riverton.theo.pk])
    assert "10 conversations reassigned." in answer.text
    assert held(riverton.theo) == 10
    assert suspended(riverton.tess)
    assert "that nobody sends" not in ada.get("/riverton/admin/people/").text


def test_the_campaign_says_what_suspended_people_hold(ada, riverton, ten, campaign):
    leave(ada, riverton.tess, then="leave")

    page = ada.get("/riverton/admin/campaigns/").text

    assert "8 with suspended texters" in page


def test_more_suspended_people_are_not_more_statements(ada, riverton, campaign):
    def statements(address) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert ada.get(address).status_code == 200
        return len(asked)

    def gone(name):
        member = riverton.person(name, Role.TEXTER)
        riverton.conversations(campaign, 1, holder=member)
        leave(ada, member, then="leave")

    for address in ("/riverton/admin/people/", "/riverton/admin/campaigns/"):
        gone(f"Vera{len(address)}")
        statements(address)
        few = statements(address)
        gone(f"Vito{len(address)}")
        gone(f"Vada{len(address)}")
        assert statements(address) == few
