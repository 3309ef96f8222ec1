"""What a volunteer of the demo says next: from the script where it knows the answer, else a canned response."""

import re
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from textbank.campaigns import scripting
from textbank.campaigns.models import Campaign
from textbank.demo.campaigns import GOODBYE, QUESTION, WHO, Plan
from textbank.messaging.providers.simulator import contacts, listening

# The demo's carrier is started with this seed, so that its contacts go on as they began here.
SEED = 1

# How a contact of the simulator is disposed, where that is not the name of their kind.
MOODS = {"asks": "yes", "curious": "maybe", "rude": "no", "busy": "maybe"}
SPANISH = "Spanish"
YES = re.compile(r"\b(yes|yep|yeah|sure|of course|definitely|absolutely|sí|claro)\b", re.IGNORECASE)
NO = re.compile(r"\b(no|nope|not|can't|cannot)\b", re.IGNORECASE)


class Node(NamedTuple):
    """A step of a script as somebody texting sees it: `choices` are answers and the steps they lead to."""

    pk: int
    text: str
    choices: dict[str, int | None]


class Turn(NamedTuple):
    """What to do about a contact's text: the answer to write down at a step, if any, and the words, if any."""

    words: str
    step: int | None = None
    value: str = ""
    tag: str = ""


class Script(NamedTuple):
    """A campaign's steps by id, the first one's id, and the demo's plan for it."""

    nodes: dict[int, Node]
    first: int
    plan: Plan

    @classmethod
    def of(cls, campaign: Campaign, plan: Plan) -> "Script":
        nodes: dict[int, Node] = {}

        def walk(tree: dict[str, Any]) -> int:
            answers = {answer["value"]: answer["next"] for answer in tree["answers"]}
            choices = {value: walk(following) if following else None for value, following in answers.items()}
            nodes[tree["id"]] = Node(tree["id"], tree["text"], choices)
            return int(tree["id"])

        tree = scripting.tree(campaign)
        if tree is None:
            raise ValueError(f"Campaign {campaign.pk} of the demo has no script.")
        return cls(nodes, walk(tree), plan)


def mood(cell: str) -> str:
    """How the contact is disposed: a key of a plan's `answers`, or "spanish", "silent", "stop", "failing"."""
    kind = contacts.kind(SEED, cell)
    return MOODS.get(kind, kind)


def respond(script: Script, cell: str, heard: str, at: int | None, spoken: int) -> Turn:
    """The volunteer's turn after the contact's text `heard`, when `spoken` texts of ours have gone out.

    `at` is the step whose question is open, None past the end of the script.
    """
    kind = contacts.kind(SEED, cell)
    if kind == "curious" and spoken == 1:
        return Turn(script.plan.canned[WHO])
    if kind == "asks" and spoken == 1:
        return Turn(script.plan.canned.get(QUESTION, script.plan.canned[GOODBYE]))
    node = script.nodes.get(at) if at else None
    if node is None or not node.choices:
        return Turn("" if listening.wish(heard) == "thanks" else script.plan.canned[GOODBYE])
    value = chosen(script, node, cell, heard)
    following = node.choices[value]
    words = script.nodes[following].text if following else script.plan.canned[GOODBYE]
    return Turn(words, node.pk, value, script.plan.tags.get(value, ""))


def chosen(script: Script, node: Node, cell: str, heard: str) -> str:
    """The answer that the contact's words come to."""
    values = list(node.choices)
    if node.pk != script.first:
        return by_words(values, cell, heard)
    if contacts.kind(SEED, cell) == "spanish" and SPANISH in values:
        return SPANISH
    return script.plan.answers.get(mood(cell), values[0])


def by_words(values: Sequence[str], cell: str, heard: str) -> str:
    """The answer whose first word was said; else a yes or a no where those are answers; else either."""
    said = heard.casefold()
    for value in values:
        if value.split()[0].casefold() in said:
            return value
    if YES.search(values[0]) and YES.search(said):
        return values[0]
    if NO.search(values[-1]) and NO.search(said):
        return values[-1]
    return values[zlib.crc32(cell.encode()) % len(values)]
