"""A real browser before the real thing: every test has a town of its own in the one installation."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.cast import Town, town
from textbank.organizations.models import Membership, Role

# Playwright runs a loop in this thread, by which Django takes our rows for asynchronous ones.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}

# Where the guide's pictures are to be written, if they are to be taken anew: see CONTRIBUTING.md.
PICTURES = os.environ.get("TEXTBANK_PICTURES")

HERE = Path(__file__).parent
towns = itertools.count(1)
expect.set_options(timeout=15_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file of browser tests stays together, so that its browser starts once."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


# Not for the whole run: Playwright's loop would stand in the way of every later test that runs one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield made
        made.close()


@dataclass
class Here:
    """Riverton in the running installation, and the ways into it."""

    textbank: object
    town: Town
    open_browser: Callable[..., BrowserContext]

    @property
    def slug(self) -> str:
        return self.town.organization.slug

    @property
    def url(self) -> str:
        return f"{self.textbank.url}/{self.slug}"

    def rows(self):
        return self.textbank.rows()

    def sign_in(self, member: Membership, **options) -> Page:
        """A browser of one's own, signed in, at no page yet."""
        context = self.open_browser(**options)
        context.add_cookies([{"name": "sessionid", "value": self.session(member), "url": self.textbank.url}])
        return context.new_page()

    def session(self, member: Membership) -> str:
        with self.rows(), override_settings(SECRET_KEY=self.textbank.env["SECRET_KEY"]):
            session = SessionStore()
            session[SESSION_KEY] = str(member.user.pk)
            session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
            session[HASH_SESSION_KEY] = member.user.get_session_auth_hash()
            session.save()
            return session.session_key

    def says(self, conversation, text: str) -> None:
        """The contact texts, by way of the carrier."""
        said = {
            "service": str(self.town.service.pk),
            "from": conversation.contact.cell,
            "to": "+12125550100",
            "text": text,
        }
        httpx.post(f"{self.textbank.carrier_url}/inbound", json=said).raise_for_status()


@pytest.fixture
def riverton_live(textbank, browser) -> Iterator[Here]:
    """Riverton with its people, in the running installation."""
    contexts = []

    def open_browser(**options) -> BrowserContext:
        contexts.append(browser.new_context(base_url=textbank.url, **options))
        return contexts[-1]

    with textbank.rows():
        here = town(f"riverton-{next(towns)}", "Riverton Votes")
        here.person("Ada", Role.ADMIN)
        here.person("Sue", Role.SUPERVOLUNTEER)
        here.person("Tess", Role.TEXTER)
        here.person("Theo", Role.TEXTER)
    yield Here(textbank, here, open_browser)
    for context in contexts:
        context.close()


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Takes a picture of the page for the guide; does nothing unless they were asked for."""

    def take(page: Page, name: str) -> None:
        if PICTURES:
            page.screenshot(path=Path(PICTURES, f"{name}.png"), animations="disabled", caret="hide")

    return take


AT_REST = """() => Promise.all(
    document.getAnimations()
        .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
        .map((one) => one.finished.then(() => null, () => null))
)"""


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Fails with what axe finds on the page."""

    def check(page: Page) -> None:
        # What fades in is pale on its way.
        page.evaluate(AT_REST)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()

    return check
