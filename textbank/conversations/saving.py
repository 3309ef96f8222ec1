"""Filters under a name, for oneself or the organization: saving, renaming, sharing, deleting.

Anybody who reads Message Review saves for themselves; what everybody finds there is for admins to say.
"""

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from textbank.conversations.filters import ORDERS, Filter
from textbank.conversations.models import SavedFilter
from textbank.conversations.models.saved_filter import SavedFilterQuerySet
from textbank.organizations import audit
from textbank.organizations.models import Membership, Role

LONGEST_TITLE = 80
LONGEST_FILTER = 4_000  # characters of its address, which browsers and servers must carry
MOST = 50  # one's own, and the organization's: they are all shown at once


class CannotSave(ValueError):
    """It cannot be saved like that. `fields` says what is wrong with which part, in words."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


class TitleTaken(ValueError):
    """There is a filter of that name already: `there`."""

    def __init__(self, there: SavedFilter) -> None:
        whose = "Everybody here has" if there.shared else "You have"
        super().__init__(f"{whose} a filter called “{there.title}” already.")
        self.there, self.fields = there, {"title": str(self)}


class NotYoursToChange(PermissionDenied):
    """One's own filters are changed by oneself, the organization's by its admins."""


def may_share(by: Membership) -> bool:
    return by.may(Role.ADMIN)


@transaction.atomic
def save(
    title: str, which: Filter, order: str, *, by: Membership, shared: bool = False, replace: bool = False
) -> SavedFilter:
    """The filter under that name; with `replace` in place of the one that has it.

    Raises CannotSave, TitleTaken, NotYoursToChange, and Strangers for what the filter names and the organization lacks.
    """
    title = spoken(title)
    check_content(which, order)
    if shared and not may_share(by):
        raise NotYoursToChange("Saving for everybody is for admins here.")
    which.refuse_strangers(by)
    there = on_the_shelf(by, shared).titled(title).select_for_update().first()
    if there and not replace:
        raise TitleTaken(there)
    if there is None and on_the_shelf(by, shared).count() >= MOST:
        raise CannotSave(title=f"There are {MOST} already. Delete one first, or replace it.")
    saved = there or SavedFilter(organization_id=by.organization_id, shared=shared)
    saved.owner, saved.title, saved.filter, saved.order = by, title, which.as_json(), order
    keep(saved)
    if shared:
        audit.record(by.organization, "filter shared", title, by=by, filter=saved.pk, said=saved.filter)
    return saved


@transaction.atomic
def change(saved: SavedFilter, *, title: str, shared: bool, by: Membership) -> SavedFilter:
    """The same filter under another name, shared or no longer: then it is its owner's alone.

    Raises CannotSave, TitleTaken, NotYoursToChange.
    """
    saved = locked(saved, by)
    title, was_shared = spoken(title), saved.shared
    if shared != was_shared:
        if not may_share(by):
            raise NotYoursToChange("Sharing with everybody is for admins here.")
        if on_the_shelf(saved.owner, shared).count() >= MOST:
            raise CannotSave(title=f"There are {MOST} already. Delete one first.")
    saved.title, saved.shared = title, shared
    keep(saved)
    if shared or was_shared:
        did = "filter no longer shared" if not shared else "shared filter renamed" if was_shared else "filter shared"
        audit.record(by.organization, did, title, by=by, filter=saved.pk)
    return saved


@transaction.atomic
def delete(saved: SavedFilter, *, by: Membership) -> None:
    """Raises NotYoursToChange."""
    saved = locked(saved, by)
    if saved.shared:
        audit.record(by.organization, "shared filter deleted", saved.title, by=by, filter=saved.pk, said=saved.filter)
    saved.delete()


def spoken(title: str) -> str:
    """The name as it is kept. Raises CannotSave."""
    title = " ".join(title.split())
    if not any(letter.isprintable() for letter in title) or "\0" in title:
        raise CannotSave(title="Give it a name, to find it by.")
    if len(title) > LONGEST_TITLE:
        raise CannotSave(title=f"A name is at most {LONGEST_TITLE} characters long.")
    return title


def check_content(which: Filter, order: str) -> None:
    """Raises CannotSave for what would find everything, or could not be opened."""
    if which.empty:
        raise CannotSave(filter="An empty filter finds nothing in particular. Choose something first.")
    if len(which.as_query()) > LONGEST_FILTER:
        raise CannotSave(filter="That is more than one filter can keep. Name fewer campaigns, texters or tags.")
    if order not in ORDERS:
        raise CannotSave(order=f"“{order}” is none of {', '.join(ORDERS)}.")


def on_the_shelf(member: Membership, shared: bool) -> SavedFilterQuerySet:
    """Those among which a name is unique: the organization's, or the member's own."""
    found = SavedFilter.objects.filter(organization=member.organization_id, shared=shared)
    return found if shared else found.filter(owner=member)


def locked(saved: SavedFilter, by: Membership) -> SavedFilter:
    """As it is now. Raises NotYoursToChange."""
    saved = SavedFilter.objects.select_for_update(of=("self",)).select_related("owner__user").get(pk=saved.pk)
    check_changer(saved, by)
    return saved


def check_changer(saved: SavedFilter, by: Membership) -> None:
    """Raises NotYoursToChange."""
    if not saved.may_be_changed(by):
        raise NotYoursToChange("What is saved for everybody is changed by admins here.")


def keep(saved: SavedFilter) -> None:
    """Written down. Raises TitleTaken, also if somebody else has just taken the name."""
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError:
        there = on_the_shelf(saved.owner, saved.shared).titled(saved.title).exclude(pk=saved.pk).first()
        if there is None:
            raise
        raise TitleTaken(there) from None
