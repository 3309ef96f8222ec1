"""A script is written as a tree, and once contacts have answered it only its words change."""

import pytest

from tests.cast import NOON, SCRIPT
from textbank.campaigns import launching, scripting
from textbank.campaigns.scripting import BadScript
from textbank.conversations.models import Answer

LEADS = {"text": "Hi {firstName}", "question": "Coming?", "answers": [{"value": "Yes", "next": {"text": " "}}]}


def test_a_script_comes_back_as_it_was_written(riverton):
    campaign = riverton.campaign()

    tree = scripting.tree(campaign)

    assert tree["texts"] == [SCRIPT["text"]]
    assert [answer["value"] for answer in tree["answers"]] == ["Yes", "No", "Wrong number"]
    assert tree["answers"][0]["next"]["text"] == "Wonderful! We meet at ten."
    assert tree["answers"][2]["next"] is None


@pytest.mark.parametrize(
    ("tree", "place", "says"),
    [
        ({"text": "  "}, (), "The first step says nothing. Write its text."),
        ({"text": "Hi", "answers": [{"value": "Yes"}]}, (), "The first step has answers but asks nothing."),
        ({"text": "Hi", "question": "?", "answers": [{"value": " "}]}, (), "has an answer without words"),
        ({"text": "Hi", "question": "?", "answers": [{"value": "A"}, {"value": "A"}]}, (), "the same answer twice"),
        (LEADS, (0,), "The step after “Yes” says nothing."),
        ({"text": "Hi", "question": "w" * 201}, (), "more than 200 characters"),
        ({"text": "w" * 1601}, (), "more than 1,600 characters"),
        ({"text": "Hi", "answers": "Yes"}, (), "is not written as a step"),
        ({"text": "Hi", "question": "?", "answers": ["Yes"]}, (), "has an answer without words"),
    ],
)
def test_what_is_no_script_is_refused_with_its_place(riverton, tree, place, says):
    campaign = riverton.campaign(started=False)

    with pytest.raises(BadScript, match=says.replace("?", r"\?")) as no:
        scripting.write(campaign, tree)

    assert no.value.place == place
    assert scripting.tree(campaign)["text"] == SCRIPT["text"]


def test_under_way_a_script_may_neither_vanish_nor_ask_for_what_the_list_lacks(riverton):
    campaign = riverton.campaign(started=True)

    with pytest.raises(BadScript, match="needs a first message"):
        scripting.write(campaign, None)
    with pytest.raises(BadScript, match=r"Did you mean \{firstName\}"):
        scripting.write(campaign, {"text": "Hi {fristName}"})

    assert scripting.tree(campaign)["text"] == SCRIPT["text"]


def test_once_answered_a_script_is_reworded_and_keeps_its_answers(riverton):
    campaign = riverton.campaign()
    step = campaign.first_step
    conversation = riverton.conversations(campaign)[0]
    Answer.objects.create(conversation=conversation, step=step, value="Yes", by=riverton.tess)

    with pytest.raises(BadScript, match="answered this script already"):
        scripting.write(campaign, {"text": "Something else"})
    scripting.reword(step, ["Hello {firstName}!", "Hey {firstName}!"])

    step.refresh_from_db()
    assert step.texts == ["Hello {firstName}!", "Hey {firstName}!"]
    assert Answer.objects.get().value == "Yes"


def test_rewording_holds_to_the_same_rules(riverton):
    step = riverton.campaign().first_step

    for texts in ([], [" "], ["Hi {nickname}"]):
        with pytest.raises(BadScript):
            scripting.reword(step, texts)

    step.refresh_from_db()
    assert step.texts == [SCRIPT["text"]]


def test_what_is_lacking_is_said_where_it_is_put_right(riverton):
    campaign = riverton.campaign(started=False)
    scripting.write(campaign, {"text": "Hi {fristName} {"})

    gaps = launching.gaps(campaign)

    assert gaps == {
        "contacts": ["There are no contacts yet. Upload a list."],
        "script": [
            "The script says {fristName}, which the list does not have. Did you mean {firstName}?",
            "The script says {, which the list does not have.",
        ],
    }
    with pytest.raises(launching.NotReady) as no:
        launching.start(campaign, by=riverton.ada, now=NOON)
    assert no.value.missing == [*gaps["contacts"], *gaps["script"]]
