"""What templates need to draw: icons, initials, status pills, bars and rings; no inline style."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()

STATUSES = {
    "needs_first_message": "Needs First Message",
    "first_message_sent": "First Message Sent",
    "needs_response": "Needs Texter Response",
    "active": "Active Conversation",
    "closed": "Closed",
}
HUES = 6


@register.inclusion_tag("parts/icon.html")
def icon(name: str, label: str = "") -> dict[str, str]:
    """A picture of the sprite; silent to screen readers unless it has a label."""
    return {"name": name, "label": label}


@register.inclusion_tag("parts/status_pill.html")
def status_pill(status: Any) -> dict[str, str]:
    """The status as a pill; takes the choice itself or its key ("needs_response")."""
    key = str(getattr(status, "key", status))
    return {"key": key, "label": STATUSES[key]}


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


@register.inclusion_tag("parts/initials.html")
def avatar(name: str, size: str = "") -> dict[str, str]:
    return {"name": name, "size": size}


@register.inclusion_tag("parts/tag.html")
def tag_chip(tag: Any) -> dict[str, Any]:
    """A tag in the colour that was chosen for it; one that is not assignable says that it escalates."""
    return {"tag": tag}


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
