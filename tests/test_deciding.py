"""What an organization decides for itself: what it is called, when it texts, what its people see and may do."""

import datetime as dt

import pytest

from tests.together import at_once
from textbank.assignments.deciding import SETTINGS, BadSettings, decide
from textbank.messaging.models import MessagingService
from textbank.organizations import controlling
from textbank.organizations.models import AuditEntry, Membership, Organization, Settings


def settings(town) -> Settings:
    return Settings.objects.get(organization=town.organization)


def test_what_is_said_changes_and_nothing_else(riverton, now):
    new = decide(riverton.organization, by=riverton.olga, now=now, most_at_once=50, texting_starts=dt.time(10))

    assert new == ["most_at_once", "texting_starts"]
    assert (settings(riverton).most_at_once, settings(riverton).texting_starts) == (50, dt.time(10))
    assert settings(riverton).texting_ends == dt.time(21)


def test_what_it_was_and_is_stays_in_the_audit(riverton, now):
    decide(
        riverton.organization,
        by=riverton.olga,
        now=now,
        name="Riverton Votes Again",
        supervolunteers_reassign=True,
        texting_ends=dt.time(20),
        show_numbers=False,
    )

    entry = AuditEntry.objects.get(did="settings changed")
    assert (entry.by, entry.about) == (riverton.olga, "name, supervolunteers_reassign, texting_ends")
    assert entry.details["was"] == {
        "name": "Riverton Votes",
        "supervolunteers_reassign": False,
        "texting_ends": "21:00",
    }
    assert entry.details["now"] == {
        "name": "Riverton Votes Again",
        "supervolunteers_reassign": True,
        "texting_ends": "20:00",
    }
    assert Organization.objects.get(pk=riverton.organization.pk).name == "Riverton Votes Again"


def test_what_is_so_already_is_not_written_down(riverton, now):
    assert decide(riverton.organization, by=riverton.olga, now=now, most_at_once=500) == []
    assert not AuditEntry.objects.exists()


def test_with_it_supervolunteers_reassign_at_once(riverton, now):
    decide(riverton.organization, by=riverton.olga, now=now, supervolunteers_reassign=True)

    assert Membership.objects.get(pk=riverton.sue.pk).may_hand_on
    assert not Membership.objects.get(pk=riverton.tess.pk).may_hand_on


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": " "}, "An organization has a name."),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"most_at_once": 0}, "Between 1 and 10,000"),
        ({"most_at_once": 10_001}, "Between 1 and 10,000"),
        ({"timezone": "Europe/Berlin"}, "not a clock of North America"),
        ({"timezone": "Noon"}, "not a clock of North America"),
        ({"opt_out_reply": " "}, "cannot be empty"),
        ({"help_reply": "x" * 321}, "at most 320 characters"),
        ({"help_reply": "Hi {firstName}"}, "as it stands"),
        ({"farewell": ""}, "cannot be empty"),
        ({"farewell": "Bye {fristName}"}, "{fristName} is not known. There are {firstName}"),
        ({"farewell": "Bye {firstName"}, "{firstName is not known"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(riverton, now, said, why):
    with pytest.raises(BadSettings) as no:
        decide(riverton.organization, by=riverton.olga, now=now, show_numbers=True, **said)

    assert list(no.value.fields) == list(said)
    assert why in str(no.value)
    assert not settings(riverton).show_numbers
    assert not AuditEntry.objects.exists()


def test_every_fault_is_said_at_once(riverton, now):
    with pytest.raises(BadSettings) as no:
        decide(riverton.organization, by=riverton.olga, now=now, name="", most_at_once=0, farewell="")

    assert set(no.value.fields) == {"name", "most_at_once", "farewell"}


def test_hours_that_never_meet_the_law_are_refused_where_it_binds(riverton, now, monkeypatch):
    night = {"texting_starts": dt.time(22), "texting_ends": dt.time(23)}
    # The simulator reaches nobody.
    decide(riverton.organization, by=riverton.olga, now=now, **night)
    monkeypatch.setattr(MessagingService, "legal_hours", True)

    with pytest.raises(BadSettings, match="The law allows texts from 8 AM to 9 PM only"):
        decide(riverton.organization, by=riverton.olga, now=now, texting_ends=dt.time(23, 30))
    # What is as it was hinders nothing else.
    assert decide(riverton.organization, by=riverton.olga, now=now, show_numbers=True) == ["show_numbers"]


def test_nothing_an_organization_decides_is_without_a_rule():
    columns = {field.name for field in Settings._meta.fields} - {"organization"}

    assert columns == {*SETTINGS, *controlling.GENERAL, *controlling.RULES}


def test_a_setting_that_does_not_exist_is_a_fault_of_ours(riverton, now):
    with pytest.raises(TypeError, match="slug"):
        decide(riverton.organization, by=riverton.olga, now=now, slug="elsewhere")


@pytest.mark.django_db(transaction=True)
def test_two_owners_at_once_lose_nothing(riverton, now):
    said = [{"show_numbers": True}, {"show_last_names": True}, {"most_at_once": 7}, {"most_at_once": 8}]

    at_once(*(lambda new=new: decide(riverton.organization, by=riverton.olga, now=now, **new) for new in said))

    is_now = settings(riverton)
    assert (is_now.show_numbers, is_now.show_last_names) == (True, True)
    # Whoever came second changed what the first had made of it.
    first, second = [entry.details for entry in AuditEntry.objects.filter(about="most_at_once").order_by("pk")]
    assert first["was"] == {"most_at_once": 500}
    assert first["now"] == second["was"]
    assert second["now"] == {"most_at_once": is_now.most_at_once}
