"""A script is written as one tree: steps, their questions, the answers that lead on."""

import hashlib
import json
from typing import Any

from django.db import transaction

from textbank.campaigns import launching
from textbank.campaigns.models import Campaign, Choice, Step

DEEPEST = 30
LONGEST = 1600  # characters of a text; carriers cut or refuse what is longer
WIDEST = 200  # characters of a question or an answer

Place = tuple[int, ...]  # which answers lead to a step, from the first step on


class BadScript(ValueError):
    """A tree that is not a script: a sentence, and the place where it goes wrong."""

    def __init__(self, sentence: str, place: Place = ()) -> None:
        super().__init__(sentence)
        self.place = place


@transaction.atomic
def write(campaign: Campaign, tree: dict[str, Any] | None) -> None:
    """Replaces the campaign's script by a tree of `{text or texts, question, answers: [{value, next}]}`.

    Raises BadScript. A script whose questions have been answered is changed step by step, not replaced.
    """
    if answered(campaign):
        raise BadScript("Contacts have answered this script already, so it cannot be replaced as a whole.")
    if campaign.started_at and not tree:
        raise BadScript("The campaign is under way, and needs a first message.")
    before = list(campaign.steps.values_list("pk", flat=True))
    first = plant(campaign, tree, "The first step", ()) if tree else None
    # Only now, so that a campaign in hand has the script it had when a tree is refused.
    campaign.first_step = first
    campaign.save(update_fields=["first_step"])
    campaign.steps.filter(pk__in=before).delete()


def answered(campaign: Campaign) -> bool:
    """Whether a question of the script has been answered, so that the tree must stay as it is."""
    return campaign.steps.filter(answers__isnull=False).exists()


def plant(campaign: Campaign, tree: dict[str, Any], where: str, place: Place) -> Step:
    """The step and everything that its answers lead to."""
    if len(place) > DEEPEST:
        raise BadScript(f"The script is more than {DEEPEST} steps deep.", place)
    if not isinstance(tree, dict) or not isinstance(tree.get("answers") or [], list):
        raise BadScript(f"{where} is not written as a step.", place)
    question = words(tree.get("question"), where, place)
    answers = tree.get("answers") or []
    if answers and not question:
        raise BadScript(f"{where} has answers but asks nothing. Write its question.", place)
    step = Step.objects.create(campaign=campaign, texts=said(campaign, tree, where, place), question=question)
    values = [words(answer.get("value") if isinstance(answer, dict) else "", where, place) for answer in answers]
    if not all(values):
        raise BadScript(f"{where} has an answer without words.", place)
    if len(set(values)) != len(values):
        raise BadScript(f"{where} has the same answer twice.", place)
    for position, (value, answer) in enumerate(zip(values, answers, strict=True)):
        below = answer.get("next")
        following = plant(campaign, below, f"The step after “{value}”", (*place, position)) if below else None
        Choice.objects.create(step=step, value=value, position=position, next=following)
    return step


def words(given: Any, where: str, place: Place) -> str:
    """A question or an answer as it is kept."""
    kept = str(given or "").replace("\0", "").strip()
    if len(kept) > WIDEST:
        raise BadScript(f"{where} has a question or an answer of more than {WIDEST} characters.", place)
    return kept


def said(campaign: Campaign, tree: dict[str, Any], where: str, place: Place) -> list[str]:
    """The versions of a step's text. While a campaign runs, none may have a blank that nothing fills."""
    given = tree.get("texts") or [tree.get("text")]
    if not isinstance(given, list):
        raise BadScript(f"{where} is not written as a step.", place)
    texts = [text for text in (str(text or "").replace("\0", "").strip() for text in given) if text]
    if not texts:
        raise BadScript(f"{where} says nothing. Write its text.", place)
    if any(len(text) > LONGEST for text in texts):
        raise BadScript(f"{where} has a text of more than {LONGEST:,} characters.", place)
    if campaign.started_at and (wrong := launching.unknown_blanks(texts, campaign)):
        raise BadScript(" ".join(wrong), place)
    return texts


def reword(step: Step, texts: list[str]) -> None:
    """Changes what a step says; its question, its answers and what contacts answered stay. Raises BadScript."""
    step.texts = said(step.campaign, {"texts": texts}, "The step", ())
    step.save(update_fields=["texts"])


def tree(campaign: Campaign) -> dict[str, Any] | None:
    """The script as the tree that `write` takes, each step with its id besides. Three statements however deep."""
    steps = {step.pk: step for step in campaign.steps.prefetch_related("choices")}

    def grown(pk: int | None) -> dict[str, Any] | None:
        step = steps.get(pk) if pk else None
        if step is None:
            return None
        answers = [{"value": choice.value, "next": grown(choice.next_id)} for choice in step.choices.all()]
        return {
            "id": step.pk,
            "texts": step.texts,
            "text": step.texts[0],
            "question": step.question,
            "answers": answers,
        }

    return grown(campaign.first_step_id)


def fingerprint(tree: dict[str, Any] | None) -> str:
    """Another one for every script: who opened one can tell later whether it is still the same."""
    return hashlib.sha256(json.dumps(tree).encode()).hexdigest()
