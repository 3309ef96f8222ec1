"""Clocks and places of contacts, in words."""

import datetime as dt
from zoneinfo import ZoneInfo

from django import template

from textbank.campaigns import segments
from textbank.contacts.models import Contact
from textbank.organizations.models import Membership

register = template.Library()

KEY = "city"  # the heading of a contact list that names a place


@register.filter
def clock(moment: dt.datetime, zone: str) -> str:
    """The time of day where that zone is: 4:12 PM."""
    there = moment.astimezone(ZoneInfo(zone))
    return f"{there.hour % 12 or 12}:{there:%M %p}"


@register.filter
def moment(when: dt.datetime, zone: str) -> str:
    """The day and the time of day where that zone is: Nov 2, 4:12 PM."""
    there = when.astimezone(ZoneInfo(zone))
    return f"{there:%b} {there.day}, {clock(when, zone)}"


@register.filter
def city(zone: str) -> str:
    """America/New_York is New York."""
    return zone.rpartition("/")[2].replace("_", " ")


@register.filter
def place(contact: Contact) -> str:
    """Where the contact is, as closely as the list says: a city, a state, or the zone's own city."""
    named = next((value for heading, value in contact.custom.items() if heading.casefold() == KEY and value), "")
    return named or contact.state or city(contact.timezone)


@register.filter
def name_for(contact: Contact, viewer: Membership) -> str:
    """The contact's name as far as this person sees it."""
    return contact.name if viewer.sees_last_names else contact.first_name


@register.filter
def cost(text: str) -> str:
    """146 characters · 1 segment."""
    said = segments.count(text)
    return f"{counted(said.characters, 'character')} · {counted(said.segments, 'segment')}"


def counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
