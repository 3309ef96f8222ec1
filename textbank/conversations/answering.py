"""What a contact said to the script's questions."""

import datetime as dt
from typing import NamedTuple

from textbank.campaigns.models import Choice, Step
from textbank.conversations.models import Answer, Conversation
from textbank.organizations.models import Membership


class NoSuchAnswer(ValueError):
    """The step does not offer this answer."""


def answer(conversation: Conversation, step: Step, value: str, *, by: Membership, now: dt.datetime) -> Answer | None:
    """Records the answer to the step's question, or takes it back when the value is empty."""
    if step.campaign_id != conversation.campaign_id:
        raise NoSuchAnswer("That question is of another campaign.")
    Conversation.objects.filter(pk=conversation.pk).update(worked_at=now)
    if not value:
        Answer.objects.filter(conversation=conversation, step=step).delete()
        return None
    if not step.choices.filter(value=value).exists():
        raise NoSuchAnswer(f"“{step.question}” has no answer “{value}”.")
    made, _ = Answer.objects.update_or_create(
        conversation=conversation, step=step, defaults={"value": value, "by": by, "at": now}
    )
    return made


class Asked(NamedTuple):
    """A step that the conversation has come to, and what the contact said to its question, if anything."""

    step: Step
    choices: list[Choice]
    value: str


def path(conversation: Conversation) -> list[Asked]:
    """The way through the script that the answers have taken so far, from the first step on: three statements.

    It ends at the first question nobody has answered, or where an answer leads nowhere.
    """
    steps = {step.pk: step for step in conversation.campaign.steps.prefetch_related("choices")}
    values = dict(conversation.answers.values_list("step", "value"))
    way: list[Asked] = []
    at = conversation.campaign.first_step_id
    # Taken out as it is passed: a script that leads back to where it was must not hold us for ever.
    while at and (step := steps.pop(at, None)):
        asked = Asked(step, list(step.choices.all()), values.get(step.pk, ""))
        way.append(asked)
        at = next((choice.next_id for choice in asked.choices if choice.value == asked.value), None)
    return way
