"""A newcomer's first hour with the API: from nothing to a conversation, over real HTTP."""

import json
import time
import uuid

import httpx
import pytest

from textbank.messaging.models import MessagingService
from textbank.messaging.providers.simulator.signing import sign
from textbank.organizations.models import Approval, Membership, Role, User

LIST = b"firstName,lastName,cell\nMaria,Lopez,(212) 555-0147\nJuan,Diaz,no phone\n"
SCRIPT = {
    "text": "Hi {firstName}, {texterFirstName} here. Coming?",
    "question": "Coming?",
    "answers": [{"value": "Yes", "next": {"text": "See you!"}}],
}


@pytest.fixture
def program(textbank):
    """Speaks to the installation with a token that the command prints."""
    clients = []

    def made(email, slug):
        word = textbank.command("token", email, "--org", slug, "--name", "journey").split()[-1]
        headers = {"Authorization": f"Bearer {word}"}
        clients.append(httpx.Client(base_url=f"{textbank.url}/api/v1", headers=headers, timeout=20))
        return clients[-1]

    yield made
    for client in clients:
        client.close()


def said(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_nothing_to_a_conversation(textbank, program):
    slug = f"sunnyside-{uuid.uuid4().hex[:6]}"
    link = textbank.command("organization", slug, "--name", "Sunnyside", "--owner", f"olga@{slug}.test").strip()
    assert join(link, f"olga@{slug}.test", "Olga") == f"/{slug}/admin/"
    with textbank.rows():
        organization = Membership.objects.get(organization__slug=slug).organization
        service = MessagingService.objects.get(organization=organization)
        user = User.objects.create_user(f"tess@{slug}.test", "textbank", first_name="Tess")
        Membership.objects.create(organization=organization, user=user, role=Role.TEXTER, approval=Approval.AUTO)
    olga, tess = program(f"olga@{slug}.test", slug), program(f"tess@{slug}.test", slug)

    # Olga plans a campaign, gives it a list and starts it.
    hours = {"start": "00:00", "end": "00:00"}
    campaign = said(olga.post("/campaigns", json={"title": "Hello", "texting_hours": hours, "script": [SCRIPT]}), 201)
    report = said(
        olga.post(f"/campaigns/{campaign['id']}/contacts", files={"file": ("list.csv", LIST, "text/csv")}), 201
    )
    assert (report["accepted"], report["invalid_count"]) == (1, 1)
    assert said(olga.post(f"/campaigns/{campaign['id']}/start"))["state"] == "started"

    # Tess asks for texts and sends the first.
    assert said(tess.post("/texter/requests", json={"count": 10}), 201)["given"] == 1
    [row] = said(tess.get("/texter/queue", params={"status": "needs_first_message"}))["results"]
    first = said(tess.post(f"/conversations/{row['id']}/messages", json={"client_id": str(uuid.uuid4())}), 201)
    assert first["text"] == "Hi Maria, Tess here. Coming?"

    # Maria answers by way of the carrier.
    knocked(textbank, service, "+12125550147", "Yes! Where?")
    [row] = said(tess.get("/texter/queue"))["results"]
    thread = said(tess.get(f"/conversations/{row['id']}"))
    inbound = thread["messages"][-1]
    assert (row["status"], inbound["direction"], inbound["text"]) == ("needs_response", "inbound", "Yes! Where?")

    # Tess answers, and writes down what Maria said; an admin sees all of it.
    unseen = tess.post(f"/conversations/{row['id']}/messages", json={"client_id": str(uuid.uuid4()), "text": "Hello?"})
    assert said(unseen, 409)["error"]["code"] == "new_reply_unseen"
    reply = {"client_id": str(uuid.uuid4()), "text": "At the library!", "last_seen_message": inbound["id"]}
    said(tess.post(f"/conversations/{row['id']}/messages", json=reply), 201)
    step = said(olga.get(f"/campaigns/{campaign['id']}"))["script"][0]["id"]
    said(tess.put(f"/conversations/{row['id']}/answers", json={"step": step, "value": "Yes"}))
    thread = said(olga.get(f"/conversations/{row['id']}"))
    assert thread["status"] == "active"
    assert [message["text"] for message in thread["messages"]][1:] == ["Yes! Where?", "At the library!"]
    assert [act["action"] for act in thread["timeline"]] == ["request"]
    assert thread["contact"]["cell"] == "+12125550147"


def join(link, email, first_name):
    """In through the invite link, as a person does; where they are then."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        browser.get(link)
        form = {
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            "first_name": first_name,
            "email": email,
            "password": "correct horse battery",
        }
        return browser.post(link, data=form, headers={"Referer": link}).url.path


def knocked(textbank, service, sender, text):
    body = json.dumps({"id": uuid.uuid4().hex, "from": sender, "to": "+12125550100", "text": text}).encode()
    headers = sign(textbank.env["TEXTBANK_SIMULATOR_SECRET"], body, time.time())
    address = f"{textbank.url}/webhooks/simulator/{service.pk}/inbound"
    assert httpx.post(address, content=body).status_code == 403
    assert httpx.post(address, content=body, headers=headers).status_code == 204
