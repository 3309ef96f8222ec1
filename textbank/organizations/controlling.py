"""Assignment Control: what the general pool hands out, and what holds for all pools and for newcomers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from textbank import news
from textbank.organizations import audit
from textbank.organizations.models import Membership, Organization, Settings

DID = "assignment control changed"
MOST_AT_ONCE = 10_000  # texts of one request: they are handed out in one transaction
LONGEST_GATE = 1_000_000
LONGEST_WORDS = 320

GENERAL = ("general_on", "general_gives", "most_at_once")
RULES = ("overflow", "finish_replies_first", "backlog_gate", "newcomers_approval", "do_not_assign_words")


class BadControl(ValueError):
    """What cannot be. `fields` says what is wrong with which, in words."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@transaction.atomic
def control(organization: Organization, *, by: Membership, **said: Any) -> list[str]:
    """Changes what is said and nothing else; returns the names of what is new. Raises BadControl."""
    if strange := said.keys() - {*GENERAL, *RULES}:
        raise TypeError(f"There is no {', '.join(sorted(strange))} to control.")
    refuse_nonsense(said)
    # Locked and read again: what somebody else has just decided is what it was.
    settings = Settings.objects.select_for_update().get(organization=organization)
    was = {name: getattr(settings, name) for name, value in said.items() if value != getattr(settings, name)}
    now = {name: said[name] for name in was}
    if now:
        Settings.objects.filter(pk=settings.pk).update(**now)
        audit.record(organization, DID, ", ".join(now), by=by, was=was, now=now)
        news.tell_watchers(organization.pk)
    return list(now)


def refuse_nonsense(said: Mapping[str, Any]) -> None:
    """Raises BadControl with every fault at once."""
    words = said.get("do_not_assign_words", "-")
    faults = {
        "most_at_once": wrong_count(said.get("most_at_once", 1)),
        "backlog_gate": wrong_gate(said.get("backlog_gate")),
        "do_not_assign_words": "Write what they read: it cannot be empty."
        if not words.strip()
        else f"At most {LONGEST_WORDS} characters."
        if len(words) > LONGEST_WORDS
        else "",
    }
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise BadControl(found)


def wrong_count(count: int) -> str:
    """Of texts that may be asked for at once."""
    return "" if 1 <= count <= MOST_AT_ONCE else f"Between 1 and {MOST_AT_ONCE:,} texts at once."


def wrong_gate(count: int | None) -> str:
    within = count is None or 1 <= count <= LONGEST_GATE
    return "" if within else f"Between 1 and {LONGEST_GATE:,} replies; without a number there is no gate."
