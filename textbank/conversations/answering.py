"""What a contact said to the script's questions."""

import datetime as dt

from textbank.campaigns.models import Step
from textbank.conversations.models import Answer, Conversation
from textbank.organizations.models import Membership


class NoSuchAnswer(ValueError):
    """The step does not offer this answer."""


def answer(conversation: Conversation, step: Step, value: str, *, by: Membership, now: dt.datetime) -> Answer | None:
    """Records the answer to the step's question, or takes it back when the value is empty."""
    if step.campaign_id != conversation.campaign_id:
        raise NoSuchAnswer("That question is of another campaign.")
    if not value:
        Answer.objects.filter(conversation=conversation, step=step).delete()
        return None
    if not step.choices.filter(value=value).exists():
        raise NoSuchAnswer(f"“{step.question}” has no answer “{value}”.")
    made, _ = Answer.objects.update_or_create(
        conversation=conversation, step=step, defaults={"value": value, "by": by, "at": now}
    )
    return made
