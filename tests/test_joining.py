from datetime import UTC, datetime

import pytest

from tests.together import at_once
from textbank.messaging import founding
from textbank.organizations import joining, people
from textbank.organizations.models import AuditEntry, Invite, Membership, Organization, Role, User

NOW = datetime(2026, 7, 15, 16, tzinfo=UTC)
NINA = {"first_name": "Nina", "last_name": "Park", "email": "Nina@example.org", "password": "a field of poppies"}


@pytest.fixture
def for_texters(riverton):
    return joining.invite(Role.TEXTER, by=riverton.ada)


@pytest.fixture
def for_an_admin(riverton):
    return joining.invite(Role.ADMIN, by=riverton.olga)


@pytest.fixture
def nina(db):
    """Has an account, and is in no organization."""
    return User.objects.create_user("nina@example.org", "a field of poppies", first_name="Nina")


def test_a_newcomer_joins_by_the_link_and_is_signed_in(client, riverton, for_texters):
    page = client.get(f"/join/{for_texters.code}/")
    assert "Join Riverton Votes" in page.content.decode()

    answer = client.post(f"/join/{for_texters.code}/", NINA)

    nina = Membership.objects.get(user__email="nina@example.org")
    assert (nina.organization, nina.role, nina.name) == (riverton.organization, Role.TEXTER, "Nina Park")
    assert answer.url == "/riverton/"
    assert client.session["_auth_user_id"] == str(nina.user_id)
    assert AuditEntry.objects.filter(did="joined", by=nina).count() == 1


def test_what_was_typed_stays_and_the_error_is_beside_its_field(client, for_texters):
    answer = client.post(f"/join/{for_texters.code}/", NINA | {"password": "12345678"})

    page = answer.content.decode()
    assert "nina@example.org" in page.lower()
    assert 'id="id_password_error"' in page
    assert "12345678" not in page
    assert not User.objects.filter(first_name="Nina").exists()


def test_a_link_for_texters_is_good_for_many(client, riverton, for_texters):
    client.post(f"/join/{for_texters.code}/", NINA)
    client.logout()

    client.post(f"/join/{for_texters.code}/", NINA | {"email": "noor@example.org", "first_name": "Noor"})

    assert (
        riverton.organization.memberships.filter(role=Role.TEXTER, user__first_name__in=["Nina", "Noor"]).count() == 2
    )


def test_somebody_with_an_account_joins_with_one_button(client, riverton, for_texters, nina):
    client.force_login(nina)
    assert "Join Riverton Votes</button>" in client.get(f"/join/{for_texters.code}/").content.decode()

    answer = client.post(f"/join/{for_texters.code}/")

    assert answer.url == "/riverton/"
    assert nina.memberships.get().organization == riverton.organization


def test_an_address_with_an_account_is_asked_to_sign_in_and_comes_back(client, for_texters, nina):
    answer = client.post(f"/join/{for_texters.code}/", NINA | {"password": "somebody else’s guess"})

    page = answer.content.decode()
    assert "sign in first" in page
    assert f"/accounts/login/?next=/join/{for_texters.code}/" in page
    assert not nina.memberships.exists()
    assert "_auth_user_id" not in client.session

    there = f"/join/{for_texters.code}/"
    answer = client.post(
        "/accounts/login/", {"login": "nina@example.org", "password": "a field of poppies", "next": there}
    )
    assert answer.url == there


def test_joining_twice_is_once(riverton, for_texters, nina):
    first = joining.join(for_texters, nina, now=NOW)

    second = joining.join(for_texters, nina, now=NOW)

    assert first == second
    assert AuditEntry.objects.filter(did="joined").count() == 1


def test_who_is_in_already_stays_in_their_role_and_does_not_use_the_link_up(client, riverton, for_an_admin):
    client.force_login(riverton.tess.user)

    answer = client.post(f"/join/{for_an_admin.code}/")

    assert answer.url == "/riverton/"
    riverton.tess.refresh_from_db()
    for_an_admin.refresh_from_db()
    assert riverton.tess.role == Role.TEXTER
    assert for_an_admin.open


def test_a_suspended_member_does_not_come_back_by_a_link(client, riverton, for_texters):
    people.suspend(riverton.tess, by=riverton.ada, now=NOW)
    client.force_login(riverton.tess.user)

    page = client.post(f"/join/{for_texters.code}/", follow=True)

    riverton.tess.refresh_from_db()
    assert riverton.tess.suspended
    assert page.status_code in (403, 404)


def test_a_link_for_one_is_closed_after_one(client, for_an_admin, nina):
    noor = User.objects.create_user("noor@example.org", "a field of poppies", first_name="Noor")
    first = joining.join(for_an_admin, nina, now=NOW)

    assert joining.join(for_an_admin, nina, now=NOW) == first, "a double click is not a second person"
    with pytest.raises(joining.NotOpen):
        joining.join(for_an_admin, noor, now=NOW)

    page = client.get(f"/join/{for_an_admin.code}/")
    assert page.status_code == 410
    assert "somebody has used it" in page.content.decode()


def test_a_sign_up_that_comes_too_late_leaves_no_account_behind(client, for_an_admin, nina):
    joining.join(for_an_admin, nina, now=NOW)

    answer = client.post(f"/join/{for_an_admin.code}/", NINA | {"email": "noor@example.org"})

    assert answer.status_code == 410
    assert not User.objects.filter(email="noor@example.org").exists()


def test_a_revoked_link_says_so(client, riverton, for_texters):
    joining.revoke(for_texters, by=riverton.ada, now=NOW)

    page = client.get(f"/join/{for_texters.code}/")

    assert page.status_code == 410
    assert "took the link back" in page.content.decode()


def test_an_unknown_link_says_so(client, riverton):
    page = client.get("/join/nonsense/")

    assert page.status_code == 404
    assert "There is no such invite" in page.content.decode()


def test_the_first_owner_comes_in_once_and_only_with_their_address(client, db):
    link = founding.found("riverton", "Riverton Votes", "Olga@Riverton.test")
    path = link.removeprefix("http://127.0.0.1:8000")

    answer = client.post(path, NINA)
    assert "made for another e-mail address" in answer.content.decode()
    assert not User.objects.exists()

    client.post(path, NINA | {"email": "olga@riverton.test", "first_name": "Olga"})
    assert Membership.objects.get().role == Role.OWNER

    client.logout()
    assert client.get(path).status_code == 410


def test_a_new_organization_can_text_at_once_through_the_simulator(db):
    founding.found("riverton", "Riverton Votes", "olga@riverton.test")

    service = Organization.objects.get().services.get()
    assert (service.provider, service.numbers.count()) == ("simulator", 1)


def test_somebody_else_signed_in_is_told_that_the_invite_is_not_theirs(client, riverton, nina):
    link = Invite.objects.create(
        organization=riverton.organization, role=Role.OWNER, email="olga@elsewhere.test", once=True
    )
    client.force_login(nina)

    answer = client.post(f"/join/{link.code}/")

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "for somebody else" in page
    assert "olga@elsewhere.test" not in page
    assert not nina.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_get_through_a_link_for_one(riverton):
    for number in range(5):
        link = joining.invite(Role.ADMIN, by=riverton.olga)
        crowd = [User.objects.create_user(f"{name}{number}@example.org", first_name=name) for name in ("nina", "noor")]

        outcomes = at_once(*[lambda user=user, link=link: joining.join(link, user, now=NOW) for user in crowd])

        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Membership", "NotOpen"]
        assert Membership.objects.filter(user__in=crowd).count() == 1


def test_an_admin_invites_texters_and_supervolunteers_only(riverton):
    assert not joining.invite(Role.TEXTER, by=riverton.ada).once
    assert joining.invite(Role.SUPERVOLUNTEER, by=riverton.ada).once

    for role in (Role.ADMIN, Role.OWNER):
        with pytest.raises(people.NotAllowed):
            joining.invite(role, by=riverton.ada)
    with pytest.raises(people.NotAllowed):
        joining.invite(Role.TEXTER, by=riverton.sue)


def test_the_page_of_links_makes_shows_and_revokes_them(client, riverton):
    client.force_login(riverton.ada.user)

    client.post("/riverton/admin/people/invites/", {"role": "supervolunteer"})

    link = Invite.objects.get()
    assert (link.role, link.once, link.created_by) == (Role.SUPERVOLUNTEER, True, riverton.ada)
    assert link.url in client.get("/riverton/admin/people/invites/").content.decode()

    client.post(f"/riverton/admin/people/invites/{link.pk}/revoke/")

    assert link.url not in client.get("/riverton/admin/people/invites/").content.decode()
    assert list(AuditEntry.objects.order_by("pk").values_list("did", flat=True)) == ["invited", "invite revoked"]


def test_an_admin_neither_sees_nor_revokes_a_key_to_a_role_above(client, riverton, for_an_admin):
    client.force_login(riverton.ada.user)

    page = client.get("/riverton/admin/people/invites/").content.decode()

    assert for_an_admin.code not in page
    assert 'value="owner"' not in page
    assert client.post("/riverton/admin/people/invites/", {"role": "owner"}).status_code == 200
    assert client.post(f"/riverton/admin/people/invites/{for_an_admin.pk}/revoke/").status_code == 404
    for_an_admin.refresh_from_db()
    assert for_an_admin.open


def test_another_organizations_link_does_not_exist(client, riverton, otherton, for_texters):
    client.force_login(otherton.zed.user)

    assert client.post(f"/otherton/admin/people/invites/{for_texters.pk}/revoke/").status_code == 404
    assert client.get("/riverton/admin/people/invites/").status_code == 404
    with pytest.raises(people.NotAllowed):
        joining.revoke(for_texters, by=otherton.zed, now=NOW)
