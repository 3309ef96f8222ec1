"""The filters somebody finds saved, read back: what each says now, or why it can no longer be used."""

from collections.abc import Iterable
from typing import NamedTuple

from textbank.conversations import saying
from textbank.conversations.filters import BadFilter, Filter, names_of
from textbank.conversations.models import SavedFilter
from textbank.organizations.models import Membership


class Readable(NamedTuple):
    """A saved filter as it reads today. `which` is None where it is not understood; `trouble` says what is wrong."""

    saved: SavedFilter
    which: Filter | None
    words: str
    trouble: str


def found_by(viewer: Membership) -> list[Readable]:
    """The viewer's own, then the organization's: at most two statements."""
    return read(SavedFilter.objects.visible_to(viewer).own_first().select_related("owner__user"), viewer)


def read(filters: Iterable[SavedFilter], viewer: Membership) -> list[Readable]:
    """Each as it is understood today: at most one statement for what they all name."""
    understood = [(saved, *parsed(saved)) for saved in filters]
    names = names_of([which for _, which, _ in understood if which], viewer)
    return [
        Readable(
            saved,
            which,
            " · ".join(part.words for part in saying.with_names(which, names)) if which else "",
            trouble or missing(which, names),
        )
        for saved, which, trouble in understood
    ]


def parsed(saved: SavedFilter) -> tuple[Filter | None, str]:
    """What was saved, through the same reader as any other filter, and why it was not understood."""
    try:
        which = Filter.parse(saved.filter)
    except BadFilter as no:
        return None, f"It is not understood any more. {no}"
    return (None, "Nothing is in it any more.") if which.empty else (which, "")


def missing(which: Filter | None, names: saying.Names) -> str:
    """A sentence about what the filter names and the organization does not have any more."""
    gone = [f"a {kind}" for kind in which.gone(names)] if which else []
    if not gone:
        return ""
    return f"It names {' and '.join(gone)} that {'is' if len(gone) == 1 else 'are'} gone."
