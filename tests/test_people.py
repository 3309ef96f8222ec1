from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.together import at_once
from textbank import news
from textbank.conversations.models import Status
from textbank.organizations import people
from textbank.organizations.models import AuditEntry, Presence, Role
from textbank.reports.holding import Held, held_by

NOW = datetime(2026, 7, 15, 16, tzinfo=UTC)
OWNER, ADMIN, SUPERVOLUNTEER, TEXTER = Role.OWNER, Role.ADMIN, Role.SUPERVOLUNTEER, Role.TEXTER


@pytest.fixture
def told(monkeypatch):
    """Who was told what."""
    heard = []
    monkeypatch.setattr(news, "tell", lambda members, what: heard.extend((member, what) for member in members))
    return heard


def role(member) -> Role:
    member.refresh_from_db()
    return Role(member.role)


def test_an_admin_changes_people_below_admin(riverton):
    people.change_role(riverton.tess, SUPERVOLUNTEER, by=riverton.ada)
    people.change_role(riverton.sue, TEXTER, by=riverton.ada)

    assert role(riverton.tess) == SUPERVOLUNTEER
    assert role(riverton.sue) == TEXTER
    entry = AuditEntry.objects.get(about="Tess Doe")
    assert (entry.did, entry.by, entry.details) == (
        "role changed",
        riverton.ada,
        {"member": riverton.tess.pk, "was": "texter", "now": "supervolunteer"},
    )


@pytest.mark.parametrize(
    ("whom", "to"),
    [("tess", ADMIN), ("tess", OWNER), ("olga", TEXTER), ("ada", OWNER), ("ada", TEXTER)],
)
def test_an_admin_neither_makes_nor_changes_admins_and_owners(riverton, whom, to):
    member = getattr(riverton, whom)
    before = role(member)

    with pytest.raises(people.NotAllowed):
        people.change_role(member, to, by=riverton.ada)

    assert role(member) == before
    assert not AuditEntry.objects.exists()


def test_an_owner_changes_everybody(riverton):
    people.change_role(riverton.ada, OWNER, by=riverton.olga)
    people.change_role(riverton.olga, TEXTER, by=riverton.ada)

    assert role(riverton.ada) == OWNER
    assert role(riverton.olga) == TEXTER


def test_texters_and_supervolunteers_change_nobody(riverton):
    for by in (riverton.sue, riverton.tess):
        with pytest.raises(people.NotAllowed):
            people.change_role(riverton.theo, TEXTER, by=by)
        with pytest.raises(people.NotAllowed):
            people.suspend(riverton.theo, by=by, now=NOW)


def test_a_suspended_admin_changes_nobody(riverton):
    people.suspend(riverton.ada, by=riverton.olga, now=NOW)

    with pytest.raises(people.NotAllowed):
        people.change_role(riverton.tess, SUPERVOLUNTEER, by=riverton.ada)


def test_nobody_is_changed_from_another_organization(riverton, otherton):
    zed = otherton.person("Zoe", OWNER)

    for act in (
        lambda: people.change_role(riverton.tess, SUPERVOLUNTEER, by=zed),
        lambda: people.suspend(riverton.tess, by=zed, now=NOW),
        lambda: people.unsuspend(riverton.tess, by=zed),
    ):
        with pytest.raises(people.NotAllowed):
            act()


def test_the_last_owner_stays(riverton):
    with pytest.raises(people.LastOwner):
        people.change_role(riverton.olga, ADMIN, by=riverton.olga)

    assert role(riverton.olga) == OWNER


def test_a_suspended_owner_does_not_count(riverton):
    otto = riverton.person("Otto", OWNER)
    people.suspend(otto, by=riverton.olga, now=NOW)

    with pytest.raises(people.LastOwner):
        people.change_role(riverton.olga, ADMIN, by=riverton.olga)


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one(riverton):
    for number in range(5):
        other = riverton.person(f"Otto{number}", OWNER)

        outcomes = at_once(
            lambda other=other: people.change_role(other, TEXTER, by=riverton.olga),
            lambda other=other: people.change_role(riverton.olga, TEXTER, by=other),
        )

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Membership", "NotAllowed"]
        [riverton.people["olga"]] = riverton.organization.memberships.filter(role=OWNER)


def test_suspending_shuts_out_at_once_and_tells_the_open_pages(riverton, told):
    people.suspend(riverton.tess, by=riverton.ada, now=NOW)
    people.suspend(riverton.tess, by=riverton.ada, now=NOW + timedelta(hours=1))

    riverton.tess.refresh_from_db()
    assert riverton.tess.suspended_at == NOW
    assert told == [(riverton.tess.pk, "gone")]
    assert AuditEntry.objects.filter(did="suspended", about="Tess Doe", by=riverton.ada).count() == 1


def test_unsuspending_lets_in_again_with_the_same_role(riverton):
    people.suspend(riverton.sue, by=riverton.ada, now=NOW)

    people.unsuspend(riverton.sue, by=riverton.ada)

    riverton.sue.refresh_from_db()
    assert riverton.sue.may(SUPERVOLUNTEER)
    assert AuditEntry.objects.filter(did="unsuspended", by=riverton.ada).count() == 1


def test_nobody_suspends_themselves(riverton):
    riverton.person("Otto", OWNER)

    with pytest.raises(people.NotAllowed):
        people.suspend(riverton.olga, by=riverton.olga, now=NOW)


def test_what_somebody_suspended_holds_stays_with_them(riverton):
    campaign = riverton.campaign()
    one, _ = riverton.conversations(campaign, 2, holder=riverton.tess)

    people.suspend(riverton.tess, by=riverton.ada, now=NOW)

    one.refresh_from_db()
    assert one.texter == riverton.tess


def test_what_people_hold_is_what_is_open(riverton, otherton):
    campaign, archived = riverton.campaign(), riverton.campaign("Last year")
    riverton.conversations(campaign, 3, holder=riverton.tess)
    riverton.conversations(campaign, 2, holder=riverton.tess, status=Status.NEEDS_RESPONSE, waiting_since=NOW)
    riverton.conversations(campaign, 1, holder=riverton.tess, status=Status.CLOSED)
    riverton.conversations(campaign, 1, holder=riverton.tess, opted_out=True)
    riverton.conversations(archived, 1, holder=riverton.tess)
    archived.archived_at = NOW
    archived.save()
    riverton.conversations(campaign, 1, holder=riverton.theo)
    riverton.conversations(campaign, 1)

    held = held_by([riverton.tess.pk, riverton.theo.pk, riverton.tara.pk])

    assert held == {riverton.tess.pk: Held(3, 2), riverton.theo.pk: Held(1, 0), riverton.tara.pk: Held(0, 0)}


def test_the_page_lists_everybody_with_role_presence_and_what_they_hold(client, riverton, otherton):
    campaign = riverton.campaign()
    riverton.conversations(campaign, 3, holder=riverton.tess)
    Presence.objects.create(membership=riverton.theo, seen_at=NOW)
    people.suspend(riverton.tara, by=riverton.ada, now=NOW)
    client.force_login(riverton.ada.user)

    page = client.get("/riverton/admin/people/")

    rows = {row.member.user.first_name: row for row in page.context["rows"]}
    assert list(rows) == ["Ada", "Olga", "Sue", "Tara", "Tess", "Theo"]
    assert rows["Tess"].held == Held(3, 0)
    assert rows["Theo"].member.presence.seen_at == NOW
    text = page.content.decode()
    assert f'texter={riverton.tess.pk}&amp;status=needs_first_message">3</a>' in text
    assert "Suspended" in text
    assert "Zed" not in text


def test_what_may_not_be_used_is_not_shown(client, riverton):
    client.force_login(riverton.ada.user)

    text = client.get("/riverton/admin/people/").content.decode()

    assert f"/people/{riverton.tess.pk}/suspend/" in text
    assert f"/people/{riverton.olga.pk}/suspend/" not in text
    assert f"/people/{riverton.ada.pk}/suspend/" not in text
    assert "/role/" not in client.get(f"/riverton/admin/people/{riverton.olga.pk}/").content.decode()


def names(page) -> list[str]:
    return [row.member.user.first_name for row in page.context["rows"]]


def test_people_are_found_by_name_e_mail_and_role(client, riverton):
    riverton.person("Téa", TEXTER, last_name="Moreno")
    people.suspend(riverton.tara, by=riverton.ada, now=NOW)
    client.force_login(riverton.ada.user)

    def found(query):
        return names(client.get(f"/riverton/admin/people/{query}"))

    assert found("?search=moreno+té") == ["Téa"]
    assert found("?search=THEO@riverton") == ["Theo"]
    assert found("?role=admin") == ["Ada"]
    assert found("?role=suspended") == ["Tara"]
    assert found("?search=t&role=supervolunteer") == ["Sue"]
    assert found("?search=nobody") == []
    assert found("?role=nonsense") == []
    assert found("?search=%00") == []


def test_the_list_comes_in_pages_of_fifty_that_keep_the_filter(client, riverton):
    for number in range(60):
        riverton.person(f"Volunteer{number:02}", TEXTER)
    client.force_login(riverton.ada.user)

    first = client.get("/riverton/admin/people/?search=volunteer")
    second = client.get(f"/riverton/admin/people/{first.context['next']}")

    assert (len(names(first)), len(names(second))) == (50, 10)
    assert names(second)[-1] == "Volunteer59"
    assert "51–60 of 60" in second.content.decode()
    assert names(client.get("/riverton/admin/people/?page=nonsense"))[0] == "Ada"


def test_more_people_are_not_more_statements(client, riverton):
    campaign = riverton.campaign()
    client.force_login(riverton.ada.user)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/riverton/admin/people/")
        return len(asked)

    few = statements()
    for number in range(20):
        member = riverton.person(f"Volunteer{number}", TEXTER)
        riverton.conversations(campaign, 1, holder=member)
    # The first look may also write down that Ada was seen.
    assert statements() <= few


def test_ada_changes_a_role_on_the_page(client, riverton):
    client.force_login(riverton.ada.user)

    page = client.post(f"/riverton/admin/people/{riverton.tess.pk}/role/", {"role": "supervolunteer"}, follow=True)

    assert role(riverton.tess) == SUPERVOLUNTEER
    assert "Tess Doe&#x27;s role is Supervolunteer now." in page.content.decode()


def test_the_page_offers_and_takes_no_role_above(client, riverton):
    client.force_login(riverton.ada.user)

    assert 'value="admin"' not in client.get(f"/riverton/admin/people/{riverton.tess.pk}/").content.decode()
    page = client.post(f"/riverton/admin/people/{riverton.tess.pk}/role/", {"role": "admin"}, follow=True)
    assert "Choose one of the roles." in page.content.decode()
    page = client.post(f"/riverton/admin/people/{riverton.olga.pk}/role/", {"role": "texter"}, follow=True)
    assert "does not let you" in page.content.decode()

    assert role(riverton.tess) == TEXTER
    assert role(riverton.olga) == OWNER


def test_the_last_owner_is_told_why_not(client, riverton):
    client.force_login(riverton.olga.user)

    page = client.post(f"/riverton/admin/people/{riverton.olga.pk}/role/", {"role": "admin"}, follow=True)

    assert "is the last owner" in page.content.decode()


def test_ada_suspends_and_unsuspends_on_the_page(client, riverton):
    client.force_login(riverton.ada.user)

    client.post(f"/riverton/admin/people/{riverton.tess.pk}/suspend/")
    riverton.tess.refresh_from_db()
    assert riverton.tess.suspended

    client.post(f"/riverton/admin/people/{riverton.tess.pk}/unsuspend/")
    riverton.tess.refresh_from_db()
    assert not riverton.tess.suspended


def test_a_stranger_from_another_organization_is_not_there(client, riverton, otherton):
    client.force_login(riverton.olga.user)

    for address in ("", "role/", "suspend/", "unsuspend/"):
        ask = client.post if address else client.get
        assert ask(f"/riverton/admin/people/{otherton.yan.pk}/{address}", {"role": "admin"}).status_code == 404

    assert role(otherton.yan) == TEXTER


def test_the_page_is_for_admins(client, riverton):
    client.force_login(riverton.sue.user)

    assert client.get("/riverton/admin/people/").status_code == 403


def test_an_open_page_gets_a_fresh_ticket(client, riverton, otherton):
    client.force_login(riverton.tess.user)

    ticket = client.get("/riverton/live-ticket").content.decode()

    assert news.holder(ticket)[0] == riverton.tess.pk
    assert client.get("/otherton/live-ticket").status_code == 404
