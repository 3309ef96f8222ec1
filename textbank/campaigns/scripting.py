"""A script is written as one tree: steps, their questions, the answers that lead on."""

from typing import Any

from django.db import transaction

from textbank.campaigns.models import Campaign, Choice, Step

DEEPEST = 30


class BadScript(ValueError):
    """A tree that is not a script, with the place where it goes wrong."""


@transaction.atomic
def write(campaign: Campaign, tree: dict[str, Any] | None) -> None:
    """Replaces the campaign's script by a tree of `{text or texts, question, answers: [{value, next}]}`.

    Raises BadScript. A script whose questions have been answered is changed step by step, not replaced.
    """
    if campaign.steps.filter(answers__isnull=False).exists():
        raise BadScript("Contacts have answered this script already, so it cannot be replaced as a whole.")
    campaign.first_step = None
    campaign.save(update_fields=["first_step"])
    campaign.steps.all().delete()
    if tree:
        campaign.first_step = plant(campaign, tree, "The first step", 0)
        campaign.save(update_fields=["first_step"])


def plant(campaign: Campaign, tree: dict[str, Any], where: str, depth: int) -> Step:
    """The step and everything that its answers lead to."""
    if depth > DEEPEST:
        raise BadScript(f"The script is more than {DEEPEST} steps deep.")
    question = str(tree.get("question") or "").strip()
    answers = tree.get("answers") or []
    if answers and not question:
        raise BadScript(f"{where} has answers but asks nothing.")
    step = Step.objects.create(campaign=campaign, texts=texts(tree, where), question=question)
    values = [str(answer.get("value") or "").strip() for answer in answers]
    if not all(values):
        raise BadScript(f"{where} has an answer without words.")
    if len(set(values)) != len(values):
        raise BadScript(f"{where} has the same answer twice.")
    for position, (value, answer) in enumerate(zip(values, answers, strict=True)):
        below = answer.get("next")
        following = plant(campaign, below, f"The step after “{value}”", depth + 1) if below else None
        Choice.objects.create(step=step, value=value, position=position, next=following)
    return step


def texts(tree: dict[str, Any], where: str) -> list[str]:
    given = tree.get("texts") or [tree.get("text")]
    said = [str(text).strip() for text in given if text and str(text).strip()]
    if not said:
        raise BadScript(f"{where} says nothing. Write its text.")
    return said


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
