"""The API's own page, under the same Content-Security-Policy as every other."""

from playwright.sync_api import expect


def test_a_call_is_tried_out_on_the_page(textbank, riverton_live):
    ada, page = riverton_live.town.ada, riverton_live.open_browser().new_page()
    asked, complained = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complained.append(message.text) if message.type == "error" else None)
    word = textbank.command("token", ada.user.email, "--org", riverton_live.slug).split()[-1]

    page.goto(f"{textbank.url}/api/v1/")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("textbox").fill(word)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="GET /api/v1/me Me").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table")).to_contain_text(ada.organization.name)
    assert [address for address in asked if not address.startswith((textbank.url, "data:"))] == []
    assert complained == []
