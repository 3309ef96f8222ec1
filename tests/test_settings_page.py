"""The owner's page of settings: what is changed is saved, what is wrong is said, and what was decided can be read."""

import datetime as dt

import pytest

from textbank.assignments.deciding import decide
from textbank.organizations.models import AuditEntry, Membership, Organization, Role, Settings

PAGE = "/riverton/admin/settings/"


@pytest.fixture
def olga(client, riverton):
    client.force_login(riverton.olga.user)
    return client


def opened(client) -> dict[str, str]:
    """What the page's form sends as it stands: each field, and what it was when the page was opened."""
    said = {}
    for field in client.get(PAGE).context["form"]:
        value = field.value()
        value = value.isoformat("minutes") if isinstance(value, dt.time) else value
        said[field.html_initial_name] = value
        if value is not False:
            said[field.html_name] = value
    return said


def kept(riverton) -> Settings:
    return Settings.objects.get(organization=riverton.organization)


def test_olga_lets_supervolunteers_reassign(olga, client, riverton):
    answer = olga.post(PAGE, {**opened(olga), "supervolunteers_reassign": "on"}, follow=True)

    assert "Saved." in answer.text
    assert Membership.objects.get(pk=riverton.sue.pk).may_hand_on
    client.force_login(riverton.sue.user)
    assert "Reassign" in client.get("/riverton/admin/message-review/?status=needs_response").text


def test_every_setting_is_saved(olga, riverton):
    said = {
        "name": "Riverton Cares",
        "texting_starts": "10:00",
        "texting_ends": "20:30",
        "timezone": "America/Chicago",
        "most_at_once": "75",
        "show_last_names": "on",
        "show_numbers": "on",
        "supervolunteers_reassign": "on",
        "opt_out_reply": "You are out.",
        "help_reply": "Write to help@riverton.test.",
        "farewell": "Bye, {firstName}!",
    }

    olga.post(PAGE, {**opened(olga), **said})

    settings = kept(riverton)
    assert (settings.texting_starts, settings.texting_ends) == (dt.time(10), dt.time(20, 30))
    assert (settings.timezone, settings.most_at_once) == ("America/Chicago", 75)
    assert (settings.show_last_names, settings.show_numbers, settings.supervolunteers_reassign) == (True, True, True)
    assert settings.opt_out_reply == "You are out."
    assert settings.help_reply == "Write to help@riverton.test."
    assert settings.farewell == "Bye, {firstName}!"
    assert Organization.objects.get(pk=riverton.organization.pk).name == "Riverton Cares"
    assert set(AuditEntry.objects.get().details["now"]) == set(said)


def test_what_is_turned_off_is_off(olga, riverton, now):
    decide(riverton.organization, by=riverton.olga, now=now, show_numbers=True)
    said = opened(olga)
    del said["show_numbers"]

    olga.post(PAGE, said)

    assert not kept(riverton).show_numbers


def test_what_another_owner_changed_meanwhile_stays(olga, riverton, now):
    page = opened(olga)
    decide(riverton.organization, by=riverton.olga, now=now, show_numbers=True, most_at_once=9)

    olga.post(PAGE, {**page, "farewell": "Bye!"})

    settings = kept(riverton)
    assert (settings.show_numbers, settings.most_at_once, settings.farewell) == (True, 9, "Bye!")


def test_a_page_saved_as_it_was_opened_changes_nothing(olga, riverton):
    answer = olga.post(PAGE, opened(olga), follow=True)

    assert "Nothing was changed." in answer.text
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"name": " "}, "This field is required."),
        ({"most_at_once": "0"}, "Between 1 and 10,000 texts at once."),
        ({"most_at_once": "many"}, "Enter a whole number."),
        ({"most_at_once": "9" * 40}, "Between 1 and 10,000 texts at once."),
        ({"texting_starts": "noon"}, "Enter a valid time."),
        ({"timezone": "Europe/Berlin"}, "Select a valid choice."),
        ({"help_reply": "{firstName}!"}, "This goes out as it stands: nothing is filled in for braces."),
        ({"farewell": "Bye {frist}"}, "{frist} is not known. There are {firstName}"),
        ({"farewell": "Bye \0"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(olga, riverton, said, why):
    answer = olga.post(PAGE, {**opened(olga), "opt_out_reply": "You are out.", **said})

    assert answer.status_code == 422
    assert why in answer.text
    assert "Nothing is saved yet." in answer.text
    assert "You are out." in answer.text
    assert kept(riverton).opt_out_reply != "You are out."


def test_what_was_decided_can_be_read(olga, riverton, now):
    decide(riverton.organization, by=riverton.olga, now=now, supervolunteers_reassign=True, most_at_once=40)

    [(entry, settings)] = olga.get(PAGE).context["changes"]

    assert entry.by == riverton.olga
    assert [tuple(one) for one in settings] == [
        ("Most texts at once", "500", "40"),
        ("Supervolunteers may reassign", "no", "yes"),
    ]


def test_only_owners_are_shown_the_way(client, riverton, otherton):
    for member, there in ((riverton.olga, True), (riverton.ada, False), (riverton.sue, False)):
        client.force_login(member.user)
        assert (PAGE in client.get("/riverton/admin/").text) is there
    client.force_login(riverton.ada.user)
    assert client.get(PAGE).status_code == 403
    zed = otherton.person("Zoe", Role.OWNER)
    client.force_login(zed.user)
    assert client.post(PAGE, {"name": "Ours"}).status_code == 404
    assert Organization.objects.get(pk=riverton.organization.pk).name == "Riverton Votes"
