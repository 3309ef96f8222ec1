"""The API's own page, under the same Content-Security-Policy as every other."""

from playwright.sync_api import expect


def test_a_call_is_tried_out_on_the_page(riverton_live):
    page = riverton_live.open_browser().new_page()
    elsewhere, said = [], []
    page.on("request", lambda request: elsewhere.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    word = riverton_live.textbank.command(
        "token", riverton_live.town.ada.user.email, "--org", riverton_live.slug
    ).split()[-1]

    page.goto(f"{riverton_live.textbank.url}/api/v1/")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("textbox").fill(word)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="GET /api/v1/me Me").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table")).to_contain_text(riverton_live.town.organization.name)
    assert [url for url in elsewhere if not url.startswith((riverton_live.textbank.url, "data:"))] == []
    assert said == []
