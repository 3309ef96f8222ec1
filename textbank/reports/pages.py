"""A page of a list, and where the next one begins: at the last row's place in the order, however deep that is."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

from django.core import signing
from django.db.models import F, Model, OrderBy, Q, QuerySet

M = TypeVar("M", bound=Model)

MOST = 500  # rows of one page


class BadPlace(ValueError):
    """What was given as `after` was never given out here, or for another order."""


class Order(NamedTuple):
    """Rows by a moment, then by id in the same direction; by id alone where there is no moment."""

    moment: str = ""
    latest_first: bool = False
    # Rows without the moment come last; their ids rise.
    may_lack: bool = False


ORDERS = {
    "activity": Order("last_activity", latest_first=True),
    "waiting": Order("waiting_since", may_lack=True),
    "newest": Order(latest_first=True),
    "oldest": Order(),
}


class Place(NamedTuple):
    """Where a page ended: its last row's moment, where it has one, and its id."""

    moment: dt.datetime | None
    pk: int


class Page(NamedTuple, Generic[M]):
    """Some rows, and the `after` of the page behind them; None on the last one."""

    rows: list[M]
    next: str | None


def as_they_are(rows: QuerySet[M]) -> QuerySet[M]:
    return rows


def page(
    found: QuerySet[M],
    order: str,
    after: str,
    limit: int,
    dressed: Callable[[QuerySet[M]], QuerySet[M]] = as_they_are,
) -> Page[M]:
    """At most `limit` of what was found, in one of ORDERS, from the place `after` names ("" for the beginning).

    `dressed` adds what a row shows. It is given the page alone, so that nothing is looked up for the rows that are
    not on it. One statement; two where an order's first part has too few rows. Raises BadPlace.
    """
    way = ORDERS[order]
    rows: list[M] = []
    for part in parts(found, way, read(after, order)):
        ids = part.values("pk")[: limit + 1 - len(rows)]
        rows += dressed(found.model._default_manager.filter(pk__in=ids)).order_by(*part.query.order_by)
        if len(rows) > limit:
            break
    return Page(rows[:limit], token(order, way, rows[limit - 1]) if len(rows) > limit else None)


def parts(found: QuerySet[M], way: Order, place: Place | None) -> Iterator[QuerySet[M]]:
    """What lies behind the place, in order. Rows that lack the moment are a part of their own.

    Together, no index would give both in order, and the whole list would be sorted for one page.
    """
    if not way.moment:
        yield behind_id(found, way, place).order_by(towards("pk", way))
        return
    if place is None or place.moment:
        there = found.filter(**{f"{way.moment}__isnull": False}) if way.may_lack else found
        yield behind_moment(there, way, place).order_by(towards(way.moment, way), towards("pk", way))
        place = None
    if way.may_lack:
        lacking = found.filter(**{f"{way.moment}__isnull": True})
        yield behind_id(lacking, way, place).order_by(towards("pk", way))


def behind_id(found: QuerySet[M], way: Order, place: Place | None) -> QuerySet[M]:
    return found.filter(**{f"pk__{beyond(way)}": place.pk}) if place else found


def behind_moment(found: QuerySet[M], way: Order, place: Place | None) -> QuerySet[M]:
    if place is None:
        return found
    moment, side = way.moment, beyond(way)
    # Said twice on purpose: the first condition is where an index range begins, the second makes it exact.
    return found.filter(
        Q(**{f"{moment}__{side}e": place.moment}),
        Q(**{f"{moment}__{side}": place.moment}) | Q(**{moment: place.moment, f"pk__{side}": place.pk}),
    )


def beyond(way: Order) -> str:
    return "lt" if way.latest_first else "gt"


def towards(name: str, way: Order) -> OrderBy:
    return F(name).desc() if way.latest_first else F(name).asc()


def token(order: str, way: Order, row: Model) -> str:
    """The place of a row, for an address. Signed, so that what comes back is what was given out."""
    moment = getattr(row, way.moment) if way.moment else None
    return signing.dumps([order, moment and moment.isoformat(), row.pk], salt="page")


def read(after: str, order: str) -> Place | None:
    if not after:
        return None
    try:
        written_for, moment, pk = signing.loads(after, salt="page")
    except signing.BadSignature:
        written_for = None
    if written_for != order:
        raise BadPlace("after: give what “next” said, with the same order.")
    return Place(dt.datetime.fromisoformat(moment) if moment else None, pk)
