"""Ada's pages: the list of campaigns, a new one from its title to its start, its contacts, its script."""

import datetime as dt
import io
import json
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON, SCRIPT
from textbank.campaigns import scripting
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact, OptOut, Upload
from textbank.conversations import uploading
from textbank.conversations.models import Answer, Kind, Message, MessageStatus, Status
from textbank.messaging.models import MessagingService
from textbank.organizations.models import AuditEntry

LIST = "/riverton/admin/campaigns/"
IN_PLACE = {"HTTP_HX_REQUEST": "true"}

CSV = b"""First name,Last name,Cell,Precinct
Marisol,Vega,212-555-0142,14B
James,Okoro,(312) 555-0117,9
Priya,Nair,212 555 0142,2
Nobody,Here,12,3
"""


@pytest.fixture
def ada(client, riverton):
    client.force_login(riverton.ada.user)
    return client


@pytest.fixture
def sue(client, riverton):
    client.force_login(riverton.sue.user)
    return client


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def file(content=CSV, name="list.csv"):
    made = io.BytesIO(content)
    made.name = name
    return made


def reload(campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


# The list


def test_the_list_shows_how_each_campaign_stands(ada, riverton):
    campaign = riverton.campaign("Saturday canvass", due_by=dt.date(2020, 1, 2))
    riverton.conversations(campaign, 1_2)
    riverton.conversations(campaign, 3, status=Status.NEEDS_RESPONSE, holder=riverton.tess)
    riverton.conversations(campaign, 2, opted_out=True)

    page = words(ada.get(LIST))

    for seen in ("Saturday canvass", "Started", "Past due since Jan 2", "2 opted out"):
        assert seen in page
    assert "Needs First Message: 12, Needs Texter Response: 3" in page
    assert "Actions for Saturday canvass" in page


def test_replies_to_an_archived_campaign_are_not_overlooked(ada, riverton):
    campaign = riverton.campaign("Winter coats", archived_at=NOON)
    riverton.conversations(campaign, 2, status=Status.NEEDS_RESPONSE)

    assert "2 contacts have answered and got no answer." in words(ada.get(f"{LIST}?state=archived"))
    assert "Winter coats" not in words(ada.get(LIST))


def test_campaigns_are_found_by_title_and_id(ada, riverton):
    canvass, other = riverton.campaign("Saturday canvass"), riverton.campaign("Ballot chase")

    by_title, by_id = words(ada.get(f"{LIST}?search=CANVASS")), words(ada.get(f"{LIST}?search={other.pk}"))

    assert "Actions for Saturday canvass" in by_title
    assert "Actions for Ballot chase" not in by_title
    assert "Actions for Ballot chase" in by_id
    assert f"{canvass.pk}/pause" not in by_id
    assert "No campaign like that" in words(ada.get(f"{LIST}?search=tea+party"))


def test_drafts_are_active_and_have_a_list_of_their_own(ada, riverton):
    riverton.campaign("Begun")
    riverton.campaign("Planned", started=False)

    page = words(ada.get(LIST))
    assert "Actions for Begun" in page
    assert "Actions for Planned" in page
    assert "Begun" not in words(ada.get(f"{LIST}?state=draft"))


def test_the_list_goes_page_by_page_and_back(ada, riverton):
    for number in range(30):
        riverton.campaign(f"Campaign {number}")

    first = ada.get(LIST)
    second = ada.get(LIST + first.context["next"])
    back = ada.get(LIST + second.context["previous"])

    titles = [[row.campaign.title for row in page.context["rows"]] for page in (first, second, back)]
    assert titles[0] == [f"Campaign {number}" for number in range(29, 4, -1)]
    assert titles[1] == [f"Campaign {number}" for number in range(4, -1, -1)]
    assert titles[2] == titles[0]
    assert "previous" not in first.context
    assert "next" not in second.context


@pytest.mark.parametrize("asked", ["before=x", "state=gone", "after=0", f"search={'9' * 300}"])
def test_what_makes_no_sense_finds_nothing(ada, riverton, asked):
    riverton.campaign("Saturday canvass")

    answer = ada.get(f"{LIST}?{asked}")

    assert answer.status_code == 200
    assert answer.context["rows"] == []


def test_more_campaigns_are_not_more_statements(ada, riverton):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.get(LIST)
        return len(asked)

    def more(number):
        for _ in range(number):
            campaign = riverton.campaign(texting_starts=dt.time(3), texting_ends=dt.time(4), contacts=2)
            riverton.conversations(campaign, 1, holder=riverton.tess)

    more(1)
    statements()
    few = statements()
    more(8)

    assert statements() == few


def test_a_supervolunteer_sees_and_does_nothing(sue, riverton):
    campaign = riverton.campaign()

    page = words(sue.get(LIST))

    assert "Saturday canvass" in page
    assert "Actions for" not in page
    assert "New campaign" not in page
    for address in ("pause/", "archive/", "start/", "autoassign/"):
        assert sue.post(f"{LIST}{campaign.pk}/{address}").status_code == 403
    for address in ("edit/", "contacts/", "script/"):
        assert sue.get(f"{LIST}{campaign.pk}/{address}").status_code == 403


def test_zed_sees_none_of_it(client, riverton, otherton):
    campaign = riverton.campaign("Saturday canvass")
    client.force_login(otherton.zed.user)

    assert "Saturday canvass" not in words(client.get("/otherton/admin/campaigns/"))
    for address in ("", "edit/", "contacts/", "script/", "contacts/1/"):
        assert client.get(f"/otherton/admin/campaigns/{campaign.pk}/{address}").status_code == 404
    assert client.post(f"/otherton/admin/campaigns/{campaign.pk}/archive/").status_code == 404
    assert reload(campaign).archived_at is None


# The three dots


def test_ada_pauses_and_resumes_in_the_row(ada, riverton):
    campaign = riverton.campaign()

    paused = ada.post(f"{LIST}{campaign.pk}/pause/", **IN_PLACE)
    resumed = ada.post(f"{LIST}{campaign.pk}/resume/", **IN_PLACE)

    assert words(paused).startswith("<tr")
    assert "Paused" in words(paused)
    assert json.loads(paused["HX-Trigger"])["toast"]["text"].startswith("Saturday canvass is paused.")
    assert "Resume" not in words(resumed)
    assert reload(campaign).paused_at is None
    assert set(AuditEntry.objects.values_list("did", flat=True)) == {"paused", "resumed"}


def test_archiving_says_what_it_will_do_and_what_it_did(ada, riverton):
    campaign = riverton.campaign()
    first, *_ = riverton.conversations(campaign, 4, holder=riverton.tess)
    riverton.conversations(campaign, 2, status=Status.NEEDS_RESPONSE)
    Message.objects.create(
        conversation=first,
        organization=riverton.organization,
        service=riverton.service,
        author=riverton.tess,
        direction=1,
        kind=Kind.REPLY,
        status=MessageStatus.QUEUED,
        text="Hi",
    )

    before = words(ada.get(LIST))
    done = ada.post(f"{LIST}{campaign.pk}/archive/", follow=True)

    assert "4 first messages will not be sent, 2 replies stay unanswered" in before
    assert "Saturday canvass is archived. One text on the way out was cancelled." in words(done)
    assert reload(campaign).archived_at
    ada.post(f"{LIST}{campaign.pk}/unarchive/")
    assert reload(campaign).archived_at is None


def test_autoassign_is_turned_off_and_on(ada, riverton):
    campaign = riverton.campaign(contacts=3)

    off = ada.post(f"{LIST}{campaign.pk}/autoassign/", {"on": "no"}, **IN_PLACE)

    assert "Autoassign is off: 3 stay in the pool until somebody hands them on." in words(off)
    assert "Turn autoassign on" in words(off)
    ada.post(f"{LIST}{campaign.pk}/autoassign/", {"on": "yes"})
    assert reload(campaign).autoassign


# A new one


BASICS = {
    "title": "Library canvass",
    "description": "For the new library",
    "due_by": "2030-05-01",
    "texting_starts": "10:00",
    "texting_ends": "20:00",
    "timezone": "America/Chicago",
    "autoassign": "on",
    "priority": "500",
}


def test_a_new_campaign_begins_with_the_organizations_hours(ada, riverton):
    riverton.organization.settings.texting_starts = dt.time(11)
    riverton.organization.settings.save()

    page = words(ada.get(f"{LIST}new/"))

    assert 'value="11:00"' in page
    assert "On the clock of each contact’s own place" in page


def test_ada_saves_the_basics_of_a_draft(ada, riverton):
    answer = ada.post(f"{LIST}new/", BASICS)

    campaign = Campaign.objects.get()
    assert answer["Location"] == f"{LIST}{campaign.pk}/contacts/"
    assert (campaign.title, campaign.state, campaign.created_by) == ("Library canvass", "draft", riverton.ada)
    assert (campaign.texting_starts, campaign.timezone) == (dt.time(10), "America/Chicago")
    assert (campaign.due_by, campaign.autoassign) == (dt.date(2030, 5, 1), True)


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(ada, riverton):
    answer = ada.post(f"{LIST}new/", {**BASICS, "title": " ", "due_by": "soon"})

    assert answer.status_code == 422
    assert "This field is required." in words(answer)
    assert "For the new library" in words(answer)
    assert not Campaign.objects.exists()


def test_hours_that_never_meet_the_law_are_refused(ada, riverton, monkeypatch):
    monkeypatch.setattr(MessagingService, "legal_hours", True)

    answer = ada.post(f"{LIST}new/", {**BASICS, "texting_starts": "22:00", "texting_ends": "23:00"})

    assert "The law allows texts from 8 AM to 9 PM only. These hours never meet it." in words(answer)


def test_a_started_campaign_is_changed_and_written_down(ada, riverton):
    campaign = riverton.campaign()

    answer = ada.post(f"{LIST}{campaign.pk}/edit/", BASICS, follow=True)

    assert "Library canvass" in words(answer)
    entry = AuditEntry.objects.get(did="changed")
    assert {"title", "due_by", "texting_starts"} <= set(entry.details["new"])
    ada.post(f"{LIST}{campaign.pk}/edit/", BASICS)
    assert AuditEntry.objects.filter(did="changed").count() == 1


# Contacts


def test_a_list_becomes_contacts_and_a_report(ada, riverton):
    campaign = riverton.campaign(started=False)
    OptOut.objects.create(organization=riverton.organization, cell="+13125550117", channel="text")

    page = words(ada.post(f"{LIST}{campaign.pk}/contacts/", {"file": file()}, follow=True))

    assert "1 contact accepted from list.csv" in page
    assert "3 lines were left out." in page
    for seen in ("The same number as on line 2", "Opted out on", "Not a valid phone number: 12", "Precinct", "14B"):
        assert seen in page
    assert Contact.objects.get().first_name == "Marisol"


def test_what_was_left_out_can_be_taken_home(ada, riverton):
    campaign = riverton.campaign(started=False)
    ada.post(f"{LIST}{campaign.pk}/contacts/", {"file": file()})
    upload = Upload.objects.get()

    answer = ada.get(f"{LIST}{campaign.pk}/contacts/{upload.pk}/left-out.csv")

    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert lines[0] == "Line,Why,Row"
    assert len(lines) == 3


def test_a_wrong_file_gets_its_sentence_and_the_list_stays(ada, riverton):
    campaign = riverton.campaign(started=False, contacts=2)

    picture = ada.post(f"{LIST}{campaign.pk}/contacts/", {"file": file(b"\x89PNG\r\n", "me.png")})
    nothing = ada.post(f"{LIST}{campaign.pk}/contacts/")

    assert picture.status_code == nothing.status_code == 422
    assert "This is a picture: a contact list is a CSV file." in words(picture)
    assert "the 2 contacts there are stay as they are" in words(picture)
    assert "Choose a CSV file first." in words(nothing)
    assert campaign.contacts.count() == 2
    assert not Upload.objects.exists()


def test_a_long_list_shows_how_far_it_is_read_until_it_is(ada, riverton, monkeypatch):
    monkeypatch.setattr(uploading, "JOB", 1)
    monkeypatch.setattr(uploading, "enqueue", lambda upload: None)
    campaign = riverton.campaign(started=False)

    running = ada.post(f"{LIST}{campaign.pk}/contacts/", {"file": file()}, follow=True)
    upload = Upload.objects.get()
    uploading.load(upload, now=NOON)
    done = ada.get(f"{LIST}{campaign.pk}/contacts/{upload.pk}/?part=report")

    assert "5 lines, still to be read" in words(running)
    assert "load delay:1s" in words(running)
    assert "2 contacts accepted" in words(done)
    assert "load delay:1s" not in words(done)


def test_a_list_that_failed_says_why(ada, riverton):
    campaign = riverton.campaign(started=False)
    upload = Upload.objects.create(
        campaign=campaign, file_name="list.csv", state=Upload.State.FAILED, error="This file has no phone column."
    )

    page = words(ada.get(f"{LIST}{campaign.pk}/contacts/{upload.pk}/"))

    assert "This file has no phone column." in page
    assert "Nothing of list.csv was kept." in page


def test_an_archived_campaign_takes_no_contacts(ada, riverton):
    campaign = riverton.campaign(archived_at=NOON)

    answer = ada.post(f"{LIST}{campaign.pk}/contacts/", {"file": file()})

    assert answer.status_code == 422
    assert not campaign.contacts.exists()


# The script


def tree_of(campaign):
    return scripting.tree(campaign)


def test_without_javascript_the_first_message_can_be_written(ada, riverton):
    campaign = riverton.campaign(started=False)

    ada.post(f"{LIST}{campaign.pk}/script/", {"first": "Hello {firstName}!"})

    tree = tree_of(reload(campaign))
    assert tree["text"] == "Hello {firstName}!"
    assert [answer["value"] for answer in tree["answers"]] == ["Yes", "No", "Wrong number"]


def test_the_whole_tree_is_saved_at_once(ada, riverton):
    campaign = riverton.campaign(started=False)
    tree = {
        "texts": ["One", "Two"],
        "question": "Coming?",
        "answers": [{"value": "Yes", "next": {"texts": ["Great"], "question": "", "answers": []}}],
    }

    answer = ada.post(f"{LIST}{campaign.pk}/script/", {"tree": json.dumps(tree), "then": "on"})

    saved = tree_of(reload(campaign))
    assert answer["Location"] == f"{LIST}{campaign.pk}/"
    assert saved["texts"] == ["One", "Two"]
    assert saved["answers"][0]["next"]["text"] == "Great"


def test_a_wrong_script_comes_back_as_typed_with_the_step_that_is_wrong(ada, riverton):
    campaign = riverton.campaign(started=False)
    tree = {"texts": ["Hi"], "question": "Coming?", "answers": [{"value": "Maybe", "next": {"texts": [""]}}]}

    answer = ada.post(f"{LIST}{campaign.pk}/script/", {"tree": json.dumps(tree)})

    assert answer.status_code == 422
    assert "The step after “Maybe” says nothing." in words(answer)
    assert answer.context["wrong"]["place"] == (0,)
    assert answer.context["tree"]["answers"][0]["value"] == "Maybe"
    assert tree_of(reload(campaign))["text"] == SCRIPT["text"]


def test_a_script_that_was_changed_elsewhere_is_not_overwritten_unseen(ada, riverton):
    campaign = riverton.campaign(started=False)
    address = f"{LIST}{campaign.pk}/script/"
    one_tab, another = ada.get(address).context["opened"], ada.get(address).context["opened"]
    ada.post(address, {"tree": json.dumps({"texts": ["From one tab"]}), "opened": one_tab})

    refused = ada.post(address, {"tree": json.dumps({"texts": ["From another"]}), "opened": another})
    kept = tree_of(reload(campaign))["text"]
    again = ada.post(address, {"tree": json.dumps(refused.context["tree"]), "opened": refused.context["opened"]})

    assert refused.status_code == 422
    assert "The script was changed since you opened it." in words(refused)
    assert refused.context["tree"]["texts"] == ["From another"]
    assert kept == "From one tab"
    assert again.status_code == 302
    assert tree_of(reload(campaign))["text"] == "From another"


@pytest.mark.parametrize(
    "sent",
    ["{", "[]", "7", '{"texts": 5}', '{"texts": ["Hi"], "answers": 3}', '{"texts": [{}], "answers": [7]}', "[" * 9_000],
)
def test_what_is_no_tree_at_all_breaks_nothing(ada, riverton, sent):
    campaign = riverton.campaign()

    answer = ada.post(f"{LIST}{campaign.pk}/script/", {"tree": sent})

    assert answer.status_code in {302, 422}
    assert tree_of(reload(campaign)) is not None


def test_an_answered_script_is_reworded_only(ada, riverton):
    campaign = riverton.campaign()
    conversation = riverton.conversations(campaign)[0]
    Answer.objects.create(conversation=conversation, step=campaign.first_step, value="Yes")
    tree = tree_of(campaign)
    tree["texts"], tree["question"] = ["Hey {firstName}"], "Something else?"
    tree["answers"][0]["next"]["texts"] = ["Splendid!"]

    page = words(ada.get(f"{LIST}{campaign.pk}/script/"))
    ada.post(f"{LIST}{campaign.pk}/script/", {"tree": json.dumps(tree)})

    assert "Contacts have answered this script already" in page
    saved = tree_of(reload(campaign))
    assert (saved["text"], saved["question"]) == ("Hey {firstName}", "Coming?")
    assert saved["answers"][0]["next"]["text"] == "Splendid!"
    assert Answer.objects.exists()


def test_a_step_of_another_campaign_is_not_reworded(ada, riverton):
    campaign, other = riverton.campaign(), riverton.campaign("Other")
    conversation = riverton.conversations(campaign)[0]
    Answer.objects.create(conversation=conversation, step=campaign.first_step, value="Yes")
    tree = {"id": other.first_step.pk, "texts": ["Mine now"]}

    answer = ada.post(f"{LIST}{campaign.pk}/script/", {"tree": json.dumps(tree)})

    assert answer.status_code == 422
    assert tree_of(other)["text"] == SCRIPT["text"]


# To the start, and one campaign


def test_a_draft_says_what_is_lacking_and_where(ada, riverton):
    campaign = riverton.campaign(started=False)
    scripting.write(campaign, {"text": "Hi {fristName}"})

    page = words(ada.get(f"{LIST}{campaign.pk}/"))
    refused = ada.post(f"{LIST}{campaign.pk}/start/", follow=True)

    assert "There are no contacts yet. Upload a list." in page
    assert "Did you mean {firstName}?" in page
    assert "Upload contacts" in page
    assert "Mend the script" in page
    assert "cannot start yet" in words(refused)
    assert reload(campaign).state == "draft"


def test_ada_starts_what_is_ready(ada, riverton):
    campaign = riverton.campaign(started=False, contacts=2)

    page = words(ada.get(f"{LIST}{campaign.pk}/"))
    ada.post(f"{LIST}{campaign.pk}/start/")

    assert "Texters can then send first messages to 2 contacts." in page
    assert reload(campaign).state == "started"


def test_one_campaign_shows_what_went_out_and_came_back(ada, riverton):
    campaign = riverton.campaign()
    for conversation in riverton.conversations(campaign, 4, holder=riverton.tess, status=Status.FIRST_MESSAGE_SENT):
        Message.objects.create(
            conversation=conversation,
            organization=riverton.organization,
            service=riverton.service,
            author=riverton.tess,
            direction=1,
            kind=Kind.FIRST,
            status=MessageStatus.FAILED,
            error="30006 Landline",
            text="Hi",
        )
    conversation = riverton.conversations(campaign, status=Status.NEEDS_RESPONSE)[0]
    Answer.objects.create(conversation=conversation, step=campaign.first_step, value="Yes")

    page = words(ada.get(f"{LIST}{campaign.pk}/"))

    for seen in ("5 conversations", "30006 Landline", "25.0 %", "Coming?", "1 answered", "Tess Doe"):
        assert seen in page
    assert "4 first messages and 1 replies" in page


def test_the_bar_of_a_campaign_can_be_asked_for_alone(ada, riverton):
    campaign = riverton.campaign(contacts=3)

    part = words(ada.get(f"{LIST}{campaign.pk}/?part=now"))

    assert part.startswith('<section class="card" id="now"')
    assert "3 conversations" in part


def test_a_busy_campaign_costs_no_more_statements(ada, riverton):
    campaign = riverton.campaign()

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.get(f"{LIST}{campaign.pk}/")
        return len(asked)

    def busy(*texters):
        for texter in texters:
            for conversation in riverton.conversations(campaign, 2, holder=texter, status=Status.NEEDS_RESPONSE):
                Answer.objects.create(conversation=conversation, step=campaign.first_step, value="Yes")

    busy(riverton.tess)
    statements()
    few = statements()
    busy(riverton.theo, riverton.tara, riverton.sue)

    assert statements() == few
