import re

import pytest
from django.core.cache import cache
from django.test import Client

from tests.cast import NOON
from textbank.organizations import people
from textbank.organizations.models import Membership, Role, User


@pytest.fixture(autouse=True)
def _nobody_has_tried_yet():
    cache.clear()


def sign_in(client, email, password="textbank", **more):
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def test_an_empty_installation_says_what_to_run(client, db):
    page = client.get("/").content.decode()

    assert "textbank organization" in page
    assert "--owner" in page


def test_the_beginning_is_the_sign_in_page(client, riverton):
    page = client.get("/", follow=True)

    assert page.redirect_chain == [("/accounts/login/", 302)]
    assert "<h1>Sign in</h1>" in page.content.decode()


@pytest.mark.parametrize(
    ("who", "home"),
    [
        ("tess", "/riverton/"),
        ("sue", "/riverton/admin/"),
        ("ada", "/riverton/admin/"),
        ("olga", "/riverton/admin/"),
    ],
)
def test_everybody_comes_to_their_own_home(client, riverton, who, home):
    answer = sign_in(client, f"{who}@riverton.test")
    assert answer.url == "/"

    assert client.get("/").url == home


def test_the_case_of_an_address_does_not_matter(client, riverton):
    assert sign_in(client, "Tess@Riverton.TEST").url == "/"


def test_one_comes_back_to_where_one_was_going(client, riverton):
    away = client.get("/riverton/admin/people/?role=texter")
    assert away.url.startswith("/accounts/login/?next=")

    form = client.get(away.url).content.decode()
    there = re.search(r'name="next" value="([^"]+)"', form)[1]
    assert sign_in(client, "ada@riverton.test", next=there).url == "/riverton/admin/people/?role=texter"


def test_nobody_is_sent_off_to_another_site(client, riverton):
    assert sign_in(client, "ada@riverton.test", next="https://evil.example/").url == "/"


def test_of_several_organizations_one_chooses(client, riverton, otherton):
    Membership.objects.create(organization=otherton.organization, user=riverton.tess.user, role=Role.ADMIN)
    client.force_login(riverton.tess.user)

    page = client.get("/").content.decode()

    assert 'href="/riverton/"' in page
    assert 'href="/otherton/admin/"' in page


def test_without_an_organization_one_asks_for_an_invite(client, riverton):
    nina = User.objects.create_user("nina@example.org", "x", first_name="Nina")
    client.force_login(nina)

    page = client.get("/").content.decode()

    assert "invite link" in page
    assert "nina@example.org" in page


def test_a_suspended_member_gets_a_plain_page(client, riverton):
    people.suspend(riverton.tess, by=riverton.ada, now=NOON)
    sign_in(client, "tess@riverton.test")

    page = client.get("/")
    assert "Your membership of Riverton Votes is suspended" in page.content.decode()

    page = client.get("/riverton/live-ticket")
    assert page.status_code == 403
    assert "suspended" in page.content.decode()


def test_a_session_does_not_outlive_a_suspension(client, riverton):
    client.force_login(riverton.ada.user)
    assert client.get("/riverton/admin/people/").status_code == 200

    people.suspend(riverton.ada, by=riverton.olga, now=NOON)

    assert client.get("/riverton/admin/people/").status_code == 403


def test_a_wrong_password_says_so_and_keeps_the_address(client, riverton):
    page = sign_in(client, "tess@riverton.test", "wrong horse").content.decode()

    assert "do not belong together" in page
    assert 'value="tess@riverton.test"' in page
    assert "wrong horse" not in page
    unknown = sign_in(client, "nobody@riverton.test", "wrong horse").content.decode()
    assert "do not belong together" in unknown


def test_failures_are_counted_for_the_account_and_not_for_the_network_it_is_in(client, riverton):
    for _ in range(10):
        sign_in(client, "tess@riverton.test", "wrong horse")

    assert "Too many wrong passwords" in sign_in(client, "tess@riverton.test").content.decode()
    assert sign_in(client, "theo@riverton.test").url == "/"


def test_a_hall_of_volunteers_signs_in_from_one_network(riverton):
    for number in range(60):
        riverton.person(f"Volunteer{number}", Role.TEXTER)

    for number in range(60):
        assert sign_in(Client(), f"volunteer{number}@riverton.test").status_code == 302


def test_signing_out_takes_a_post(client, riverton):
    client.force_login(riverton.tess.user)

    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert client.get("/riverton/live-ticket").status_code == 200

    assert client.post("/accounts/logout/").url == "/"
    assert client.get("/riverton/live-ticket").status_code == 302


def test_nobody_signs_up_without_an_invite(client, riverton):
    assert client.get("/accounts/signup/").status_code == 404
    assert not re.search("sign up|register", client.get("/accounts/login/").content.decode(), re.IGNORECASE)


def test_a_forgotten_password_is_chosen_anew_by_mail(client, riverton, mailoutbox, settings):
    settings.PUBLIC_URL = "https://text.riverton.test"

    answer = client.post("/accounts/password/reset/", {"email": "tess@riverton.test"}, HTTP_HOST="127.0.0.1")
    assert "Look into your mail" in client.get(answer.url).content.decode()

    [mail] = mailoutbox
    assert (mail.to, mail.subject) == (["tess@riverton.test"], "Choose a new password for Textbank")
    assert not getattr(mail, "alternatives", [])
    assert "Hello Tess" in mail.body
    link = re.search(r"https://text\.riverton\.test(/accounts/password/reset/key/\S+)", mail.body)[1]

    form = client.get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    client.post(form.redirect_chain[-1][0], {"password1": "a field of poppies"})

    assert sign_in(Client(), "tess@riverton.test").status_code == 200
    assert sign_in(Client(), "tess@riverton.test", "a field of poppies").url == "/"
    assert "does not work any more" in Client().get(link, follow=True).content.decode()


def test_an_unknown_address_gets_no_mail_and_the_same_answer(client, riverton, mailoutbox):
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.org"})

    assert "Look into your mail" in client.get(answer.url).content.decode()
    assert not mailoutbox


def test_changing_the_password_signs_out_everywhere_else(client, riverton):
    phone = Client()
    for place in (client, phone):
        sign_in(place, "tess@riverton.test")

    wrong = client.post("/accounts/password/change/", {"oldpassword": "guess", "password1": "a field of poppies"})
    assert "not your present password" in wrong.content.decode()
    client.post("/accounts/password/change/", {"oldpassword": "textbank", "password1": "a field of poppies"})

    assert client.get("/riverton/live-ticket").status_code == 200
    assert phone.get("/riverton/live-ticket").status_code == 302


def test_the_demo_offers_its_people_and_no_other_installation_does(client, riverton, otherton, settings):
    User.objects.create_user("nina@example.org", "secret", first_name="Nina")
    assert "tess@riverton.test" not in client.get("/accounts/login/").content.decode()

    settings.DEMO = True
    page = client.get("/accounts/login/")
    assert [name for name, _ in page.context["demo"]] == ["Riverton Votes", "Otherton Cares"]
    roles = dict(page.context["demo"][0][1])
    assert list(roles) == ["Owner", "Admin", "Supervolunteer", "Texter"]
    assert [member.user.first_name for member in roles["Texter"]] == ["Tara", "Tess", "Theo"]
    assert "This is a demo" in page.content.decode()
    assert "nina@example.org" not in page.content.decode()

    form = re.search(
        r'name="login" value="(tess@[^"]+)">\s*<input[^>]+name="password" value="([^"]+)"', page.content.decode()
    )
    assert sign_in(client, form[1], form[2]).url == "/"


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500"])
def test_every_refusal_has_a_page_that_needs_nothing(name):
    from django.template.loader import get_template

    page = get_template(f"{name}.html").render()

    assert "<h1>" in page
    assert 'href="/"' in page


def test_what_is_not_there_and_what_came_too_late_say_so(riverton):
    client = Client(enforce_csrf_checks=True)

    assert "nothing at this address" in client.get("/nowhere/at/all/").content.decode()
    late = sign_in(client, "tess@riverton.test")
    assert late.status_code == 403
    assert "grown too old" in late.content.decode()
