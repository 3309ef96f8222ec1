"""The script of a campaign, written as a tree."""

import json
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render

from textbank.access import MemberRequest, door
from textbank.campaigns import blanks, launching, scripting
from textbank.campaigns.models import Campaign
from textbank.campaigns.scripting import BadScript
from textbank.organizations.models import Role
from textbank.web.campaigns import one_of

Tree = dict[str, Any]


class Overtaken(BadScript):
    """Somebody else, or another page, has saved the script in the meantime."""


@door(Role.ADMIN)
def script(request: MemberRequest, pk: int) -> HttpResponse:
    campaign = one_of(request, pk)
    if request.method != "POST":
        tree = scripting.tree(campaign)
        return written(request, campaign, tree, scripting.fingerprint(tree))
    tree, opened = posted(request, campaign), request.POST.get("opened", "")
    try:
        save(campaign, tree, opened)
    except BadScript as no:
        if isinstance(no, Overtaken):
            opened = scripting.fingerprint(scripting.tree(campaign))
        return written(request, campaign, tree, opened, refused=no)
    messages.success(request, "The script is saved.")
    on = "then" in request.POST and campaign.state == "draft"
    return redirect("campaign" if on else "script", campaign.organization.slug, pk)


def posted(request: MemberRequest, campaign: Campaign) -> Tree | None:
    """The tree as the page's editor sends it; without it, the script there is with another first message."""
    if text := request.POST.get("tree"):
        try:
            return shaped(json.loads(text))
        except (ValueError, RecursionError):
            return None
    tree = scripting.tree(campaign) or {"texts": [""]}
    return {**tree, "texts": [request.POST.get("first", ""), *tree["texts"][1:]]}


def shaped(node: Any, depth: int = 0) -> Tree | None:
    """What was sent as a tree of plain steps, without whatever else a stranger may have put in."""
    if not isinstance(node, dict) or depth > scripting.DEEPEST + 1:
        return None
    texts, answers = node.get("texts"), node.get("answers")
    return {
        "id": node.get("id") if isinstance(node.get("id"), int) else 0,
        "texts": [str(text) for text in texts] if isinstance(texts, list) else [],
        "question": str(node.get("question") or ""),
        "answers": [
            {"value": str(answer.get("value") or ""), "next": shaped(answer.get("next"), depth + 1)}
            for answer in (answers if isinstance(answers, list) else [])
            if isinstance(answer, dict)
        ],
    }


@transaction.atomic
def save(campaign: Campaign, tree: Tree | None, opened: str) -> None:
    """Writes the script anew; once contacts have answered it, only what its steps say. Raises BadScript.

    `opened` is the fingerprint of the script that was changed; Overtaken if the campaign has another by now;
    "" does not look.
    """
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if opened and opened != scripting.fingerprint(scripting.tree(campaign)):
        raise Overtaken(
            "The script was changed since you opened it. Look at it in another tab first: "
            "if you save again, yours takes its place."
        )
    if not scripting.answered(campaign):
        return scripting.write(campaign, tree)
    steps = {step.pk: step for step in campaign.steps.all()}
    for place, node in nodes(tree or {}):
        step = steps.get(node.get("id") or 0)
        if step is None:
            raise BadScript(
                "Contacts have answered this script already: its steps and answers stay as they are.", place
            )
        try:
            scripting.reword(step, node.get("texts") or [])
        except BadScript as no:
            raise BadScript(str(no), place) from no
    return None


def nodes(tree: Tree, place: scripting.Place = ()) -> list[tuple[scripting.Place, Tree]]:
    """Every step of a tree with the answers that lead to it."""
    found = [(place, tree)]
    for position, answer in enumerate(tree.get("answers") or []):
        if below := answer.get("next"):
            found += nodes(below, (*place, position))
    return found


def written(
    request: MemberRequest, campaign: Campaign, tree: Tree | None, opened: str, refused: BadScript | None = None
) -> HttpResponse:
    sample = campaign.contacts.order_by("pk").first()
    texts = tree["texts"] if tree and tree["texts"] else [""]
    overtaken = isinstance(refused, Overtaken)
    context = {
        "campaign": campaign,
        "tab": "script",
        "step": "script",
        "tree": tree,
        "opened": opened,
        "first": texts[0],
        "names": [*blanks.NAMES, *campaign.custom_fields],
        "sample": sample_values(sample.custom, sample.first_name, sample.last_name, request) if sample else {},
        "sample_name": sample.first_name if sample else "",
        "locked": scripting.answered(campaign),
        "refused": refused,
        "wrong": {"place": refused.place, "sentence": str(refused)} if refused and not overtaken else None,
        "unknown": launching.unknown_blanks(texts, campaign),
    }
    return render(request, "campaigns/script.html", context, status=422 if refused else 200)


def sample_values(custom: dict[str, str], first_name: str, last_name: str, request: MemberRequest) -> dict[str, str]:
    user = request.member.user
    return {
        **custom,
        "firstName": first_name,
        "lastName": last_name,
        "texterFirstName": user.first_name,
        "texterLastName": user.last_name,
    }
