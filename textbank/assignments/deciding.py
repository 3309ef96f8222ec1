"""An owner decides for the organization: what it is called, when it texts, what its people see and may do."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from textbank.campaigns import blanks
from textbank.campaigns.launching import service_of
from textbank.campaigns.models import Campaign
from textbank.campaigns.texting_hours import FEDERAL, Hours, opens_at
from textbank.contacts.zones import CLOCKS, SAME_CLOCK
from textbank.organizations import audit
from textbank.organizations.controlling import wrong_count
from textbank.organizations.models import Membership, Organization, Settings

DID = "settings changed"
LONGEST_NAME = 200
LONGEST_REPLY = 320
LAW = f"{FEDERAL.start:%-I %p} to {FEDERAL.end:%-I %p}"

HOURS = ("texting_starts", "texting_ends", "timezone")
# Replies that nobody looks over before they go out; the others are shown to the texter, blanks filled, and one of them
# may be nothing.
AUTOMATIC = ("opt_out_reply", "help_reply")
IF_WANTED = ("intro_line",)
REPLIES = (*AUTOMATIC, "farewell", *IF_WANTED)
# What the pools hand out is controlled elsewhere, by admins: organizations/controlling.
SETTINGS = (*HOURS, "most_at_once", "show_last_names", "show_numbers", "supervolunteers_reassign", *REPLIES)


class BadSettings(ValueError):
    """Settings that make no sense. `fields` says what is wrong with which, in words."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


@transaction.atomic
def decide(organization: Organization, *, by: Membership, now: dt.datetime, **said: Any) -> list[str]:
    """Changes the settings that are said and no other; returns the names of those that are new.

    What they were and are is in the audit. Raises BadSettings with every fault at once.
    """
    if strange := said.keys() - {"name", *SETTINGS}:
        raise TypeError(f"An organization does not decide on {', '.join(sorted(strange))}.")
    # Locked and read again: what somebody else has just decided is what it was.
    here = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    settings = Settings.objects.select_for_update().get(organization=here)
    was = {name: getattr(settings if name in SETTINGS else here, name) for name in said}
    new = {name: value for name, value in said.items() if value != was[name]}
    check(settings, new, now)
    if not new:
        return []
    if "name" in new:
        Organization.objects.filter(pk=here.pk).update(name=new["name"])
    if columns := {name: value for name, value in new.items() if name in SETTINGS}:
        Settings.objects.filter(pk=settings.pk).update(**columns)
    before, after = ({name: spelt(values[name]) for name in new} for values in (was, new))
    audit.record(here, DID, ", ".join(new), by=by, was=before, now=after)
    return list(new)


def spelt(value: object) -> object:
    """As JSON keeps it."""
    return value.isoformat("minutes") if isinstance(value, dt.time) else value


def check(settings: Settings, new: Mapping[str, Any], now: dt.datetime) -> None:
    """Raises BadSettings for what is new and cannot be."""
    faults = {
        "name": wrong_name(new.get("name", "-")),
        "most_at_once": wrong_count(new.get("most_at_once", 1)),
        **wrong_hours(settings, new, now),
        **{reply: wrong_reply(new[reply], reply) for reply in REPLIES if reply in new},
    }
    if found := {name: fault for name, fault in faults.items() if fault}:
        raise BadSettings(found)


def wrong_name(name: str) -> str:
    if not name.strip():
        return "An organization has a name."
    return f"A name is at most {LONGEST_NAME} characters long." if len(name) > LONGEST_NAME else ""


def wrong_hours(settings: Settings, new: Mapping[str, Any], now: dt.datetime) -> dict[str, str]:
    """What a campaign that took these hours would never be let text in."""
    starts, ends, zone = (new.get(name, getattr(settings, name)) for name in HOURS)
    if "timezone" in new and zone not in CLOCKS and zone not in SAME_CLOCK:
        return {"timezone": f"“{zone}” is not a clock of North America. One is called America/New_York, for example."}
    service = service_of(Campaign(organization_id=settings.pk))
    if new.keys().isdisjoint(HOURS) or service is None or not service.legal_hours:
        return {}
    if opens_at(zone, Hours(starts, ends), True, now) is not None:
        return {}
    return {"texting_ends": f"The law allows texts from {LAW} only. These hours never meet it."}


def wrong_reply(text: str, reply: str) -> str:
    if not text.strip():
        return "" if reply in IF_WANTED else "Write what it says: it cannot be empty."
    if len(text) > LONGEST_REPLY:
        return f"It is at most {LONGEST_REPLY} characters long."
    if reply in AUTOMATIC and ("{" in text or "}" in text):
        return "This goes out as it stands: nothing is filled in for braces."
    if unknown := blanks.unknown(text):
        shown = unknown[0] if "{" in unknown[0] or "}" in unknown[0] else f"{{{unknown[0]}}}"
        return f"{shown} is not known. There are {', '.join(f'{{{name}}}' for name in blanks.NAMES)}."
    return ""
