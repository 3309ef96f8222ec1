"""Saved filters."""

from typing import Annotated, Any, Literal

from django.shortcuts import get_object_or_404
from ninja import Router, Status
from pydantic import Field, StrictBool

from textbank.access import MemberRequest
from textbank.api import shapes
from textbank.api.door import supervolunteers
from textbank.api.errors import REFUSALS
from textbank.api.shapes import After, Limit, Listed, Said, Titled
from textbank.conversations import saving
from textbank.conversations.filters import Filter
from textbank.conversations.models import SavedFilter
from textbank.conversations.snapshots import Snapshot
from textbank.organizations.models import Membership
from textbank.reports import saved_filters
from textbank.reports.answers import Person, person
from textbank.reports.pages import page
from textbank.reports.saved_filters import Readable

router = Router(auth=supervolunteers)


class SavedFilterShape(Titled):
    """`filter` can be given to any call that takes one, unless `trouble` says why it finds nothing any more."""

    filter: dict[str, Any]
    order: str
    shared: bool
    owner: Person | None
    trouble: str


class Saving(Said):
    """With `replace`, one of that name takes this filter over."""

    title: Annotated[str, Field(min_length=1, max_length=saving.LONGEST_TITLE)]
    filter: Annotated[dict[str, Any], Field(description="As in an address: a value or a list for each key.")]
    order: Literal["activity", "waiting", "name"] = "activity"
    shared: StrictBool = False
    replace: StrictBool = False


class Renaming(Said):
    title: Annotated[str, Field(min_length=1, max_length=saving.LONGEST_TITLE)] = ""
    shared: StrictBool = False


def shape(one: Readable) -> SavedFilterShape:
    saved = one.saved
    return SavedFilterShape(
        id=saved.pk,
        title=saved.title,
        filter=saved.filter,
        order=saved.order,
        shared=saved.shared,
        owner=person(saved.owner),
        trouble=one.trouble,
    )


@router.get("/filters", response={200: Listed[SavedFilterShape], **REFUSALS})
def filters(request: MemberRequest, limit: Limit = 50, after: After = "") -> Any:
    """Those that the member saved, and those that are shared with everybody."""
    found = SavedFilter.objects.visible_to(request.member)
    seen, shown = Snapshot.now(), page(found, "oldest", after, limit, with_owner)
    read = {one.saved.pk: one for one in saved_filters.read(shown.rows, request.member)}
    return shapes.listed(request, found.count(), seen, shown, lambda saved: shape(read[saved.pk]))


def with_owner(rows: Any) -> Any:
    return rows.select_related("owner__user")


@router.post("/filters", response={201: SavedFilterShape, **REFUSALS})
def save(request: MemberRequest, said: Saving) -> Any:
    """Saves a filter for oneself; `shared`, for everybody, as an admin. 409 `title_taken` unless it may `replace`."""
    which, wishes = Filter.parse(said.filter), said.model_dump(include={"shared", "replace"})
    saved = saving.save(said.title, which, said.order, by=request.member, **wishes)
    (found,) = saved_filters.read([saved], request.member)
    return Status(201, shape(found))


@router.patch("/filters/{int:saved}", response={200: SavedFilterShape, **REFUSALS})
def change(request: MemberRequest, saved: int, said: Renaming) -> SavedFilterShape:
    """Renames one's own; as an admin, one that is shared, and shares it or keeps it to its owner. 409 `title_taken`."""
    found = visible(request.member, saved)
    wishes = {"title": found.title, "shared": found.shared, **said.model_dump(exclude_unset=True)}
    (read,) = saved_filters.read([saving.change(found, by=request.member, **wishes)], request.member)
    return shape(read)


@router.delete("/filters/{int:saved}", response={204: None, **REFUSALS})
def delete(request: MemberRequest, saved: int) -> Status:
    """Deletes one's own; one that is shared, as an admin."""
    saving.delete(visible(request.member, saved), by=request.member)
    return Status(204, None)


def visible(viewer: Membership, pk: int) -> SavedFilter:
    return get_object_or_404(SavedFilter.objects.visible_to(viewer), pk=pk)
