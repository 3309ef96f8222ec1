"""What templates need to draw: icons, initials, status pills, bars and rings; no inline style."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()

STATUSES = {
    "needs_first_message": "Needs First Message",
    "first_message_sent": "First Message Sent",
    "needs_response": "Needs Texter Response",
    "active": "Active Conversation",
    "closed": "Closed",
}
HUES = 6


# What is small and many times on a page, and the same each time, is drawn once.
drawn_once = lru_cache(maxsize=4096, typed=True)  # words that are safe already are others than the same in the raw


@register.simple_tag
@drawn_once
def icon(name: str, label: str = "") -> SafeString:
    """A picture of the sprite; silent to screen readers unless it has a label."""
    return render_to_string("parts/icon.html", {"name": name, "label": label})


@register.simple_tag
@drawn_once
def status_pill(status: Any) -> SafeString:
    """The status as a pill; takes the choice itself or its key ("needs_response")."""
    key = str(getattr(status, "key", status))
    return render_to_string("parts/status_pill.html", {"key": key, "label": STATUSES[key]})


@register.filter
def initials(name: str) -> str:
    """Ada Lovelace is AL, Ada is A."""
    words = name.split()
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or "?"


@register.filter
def hue(name: str) -> int:
    """One of six quiet colours, the same for the same name everywhere."""
    return sum(name.encode()) % HUES


@register.filter
def commas(number: int) -> str:
    """1234 is 1,234."""
    return f"{number:,}"


@register.simple_tag
@drawn_once
def avatar(name: str, size: str = "") -> SafeString:
    return render_to_string("parts/initials.html", {"name": name, "size": size})


@register.simple_tag
def tag_chip(tag: Any) -> SafeString:
    """A tag in the colour that was chosen for it; one that is not assignable says that it escalates."""
    return chip(tag.title, tag.colour, tag.assignable)


@drawn_once
def chip(title: str, colour: str, assignable: bool) -> SafeString:
    return render_to_string("parts/tag.html", {"title": title, "colour": colour, "assignable": assignable})


@register.filter
def at(known: Mapping[Any, Any], key: Any) -> Any:
    """What is known under the key; nothing where that is none."""
    return known.get(key, "")


@register.inclusion_tag("parts/stacked_bar.html")
def stacked_bar(counts: Mapping[Any, int], kind: str = "") -> dict[str, Any]:
    """A bar of conversations by status; counts are by the choice or its key, in any order."""
    by_key = {str(getattr(status, "key", status)): count for status, count in counts.items()}
    # Seven people waiting among ten thousand are the ones to see: no part is thinner than this.
    thinnest = max(sum(by_key.values()) // 60, 1)
    parts, start = [], 0
    for key, label in STATUSES.items():
        if count := by_key.get(key, 0):
            width = max(count, thinnest)
            parts.append({"key": key, "label": label, "count": count, "start": start, "width": width})
            start += width
    return {"parts": parts, "total": start, "kind": kind}


@register.inclusion_tag("parts/legend.html")
def legend(counts: Mapping[Any, int], link: str = "") -> dict[str, Any]:
    """What the bar's colours mean, each with its number; a link's address ends where the status goes."""
    return stacked_bar(counts) | {"link": link}


@register.inclusion_tag("parts/progress_ring.html")
def progress_ring(done: int, total: int, label: str) -> dict[str, Any]:
    return {"done": done, "total": total, "label": label, "percent": 100 * done // total if total else 0}


@register.inclusion_tag("parts/measure.html")
def measure(value: int, most: int, status: str = "") -> dict[str, Any]:
    """One horizontal bar out of the longest of its neighbours."""
    return {"value": value, "most": max(most, 1), "status": status}
