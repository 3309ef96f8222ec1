"""A page of a list, and where the next one begins: at the last row's place in the order, however deep that is."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, cast

from django.core import signing
from django.db.models import F, Model, OrderBy, Q, QuerySet
from django.db.models.functions import Coalesce

M = TypeVar("M", bound=Model)

MOST = 500  # rows of one page


class BadPlace(ValueError):
    """What was given as `after` was never given out here, or for another order."""


class Order(NamedTuple):
    """Rows by a column (a moment, or a word), then by id in the same direction; by id alone where there is none."""

    column: str = ""
    latest_first: bool = False
    # Rows without it come last, or first when one goes backwards; their ids go the way of the order.
    may_lack: bool = False
    lacking_first: bool = False
    of_words: bool = False
    # Its index goes through everything that an organization has: the few that match may lie far down.
    whole: bool = False
    # Two columns that are always the same: with that said, an index that begins with the one gives the order.
    alike: tuple[str, str] = ("", "")
    # The order in which to walk through everything instead, where that index stands in a table of its own.
    beside: "Order | None" = None

    @property
    def backwards(self) -> "Order":
        beside = self.beside.backwards if self.beside else None
        return self._replace(latest_first=not self.latest_first, lacking_first=not self.lacking_first, beside=beside)

    @property
    def ways(self) -> list[OrderBy]:
        return [towards(name, self) for name in (self.column, "pk") if name]

    def value(self, row: Model) -> dt.datetime | str | None:
        found: Any = row
        for name in self.column.split("__"):
            found = getattr(found, name)
        return found  # type: ignore[no-any-return]


BY_ACTIVITY = Order("activity__at", latest_first=True, alike=("activity__organization", "organization"))

ORDERS = {
    "activity": Order("last_activity", latest_first=True, whole=True, beside=BY_ACTIVITY),
    "waiting": Order("waiting_since", may_lack=True),
    "name": Order("contact__search_name", of_words=True, alike=("contact__organization", "organization")),
    # Where a name or a number is looked for, the planner knows how many there are: decision 6.
    "activity of a name": Order("last_activity", latest_first=True, beside=BY_ACTIVITY),
    # These have an index of their own, in this order.
    "activity of escalated": Order("last_activity", latest_first=True),
    "unsent": Order(latest_first=True, whole=True),
    "newest": Order(latest_first=True),
    "oldest": Order(),
}


class Place(NamedTuple):
    """Where a page ended: what its last row is ordered by, where it has that, and its id."""

    value: dt.datetime | str | None
    pk: int


class Page(NamedTuple, Generic[M]):
    """Some rows, the `after` of the page behind them and the `before` of the one in front; None where there is none."""

    rows: list[M]
    next: str | None
    previous: str | None = None


def as_they_are(rows: QuerySet[M]) -> QuerySet[M]:
    return rows


def page(
    found: QuerySet[M],
    order: str,
    after: str,
    limit: int,
    dressed: Callable[[QuerySet[M]], Iterable[M]] = as_they_are,
) -> Page[M]:
    """At most `limit` of what was found, in one of ORDERS, from the place `after` names ("" for the beginning).

    `dressed` adds what a row shows. It is given the page alone, so that nothing is looked up for the rows that are
    not on it. One statement; two where an order's first part has too few rows. Raises BadPlace.
    """
    way = ORDERS[order]
    rows = taken(found, way, read(after, order), limit + 1, dressed)
    shown = rows[:limit]
    return Page(
        shown,
        next=token(order, way, shown[-1]) if len(rows) > limit else None,
        previous=token(order, way, shown[0]) if after and shown else None,
    )


def page_before(
    found: QuerySet[M],
    order: str,
    before: str,
    limit: int,
    dressed: Callable[[QuerySet[M]], Iterable[M]] = as_they_are,
) -> Page[M]:
    """The page that ends in front of the place `before` names; its rows stand in the order as always."""
    way = ORDERS[order]
    rows = taken(found, way.backwards, read(before, order), limit + 1, dressed)
    shown = rows[:limit][::-1]
    return Page(
        shown,
        next=token(order, way, shown[-1]) if shown else None,
        previous=token(order, way, shown[0]) if len(rows) > limit else None,
    )


def taken(
    found: QuerySet[M],
    way: Order,
    place: Place | None,
    count: int,
    dressed: Callable[[QuerySet[M]], Iterable[M]],
) -> list[M]:
    """The first `count` behind the place, part by part."""
    rows: list[M] = []
    few = way.whole and is_few(found)
    for part in parts(found, way if few else way.beside or way, place):
        ordered = sorted_out(part) if few else part
        ids = ordered.values("pk")[: count - len(rows)]
        rows += dressed(found.model._default_manager.filter(pk__in=ids).order_by(*way.ways))
        if len(rows) == count:
            break
    return rows


# So many are sorted in less time than it takes to meet them in an index that goes through a million others.
FEW = 30_000


def is_few(found: QuerySet[M]) -> bool:
    return found.order_by()[: FEW + 1].count() <= FEW


def sorted_out(part: QuerySet[M]) -> QuerySet[M]:
    """In the same order, which the planner cannot take from an index any more: it has to find what matches first.

    By itself it takes the matches to be spread evenly, and walks through all of them when they are the oldest.
    """
    ways = cast(Sequence[OrderBy], part.query.order_by)
    return part.order_by(*(OrderBy(Coalesce(way.expression, way.expression), way.descending) for way in ways))


def parts(found: QuerySet[M], way: Order, place: Place | None) -> Iterator[QuerySet[M]]:
    """What lies behind the place, in order. Rows that lack the column are a part of their own.

    Together, no index would give both in order, and the whole list would be sorted for one page.
    """
    if not way.column:
        yield behind_id(found, way, place).order_by(*way.ways)
        return
    if way.alike[0]:
        found = found.filter(**{way.alike[0]: F(way.alike[1])})
    sides = [False, True] if way.lacking_first else [True, False]
    if not way.may_lack:
        sides = [True]
    elif place is not None:
        sides = sides[sides.index(place.value is not None) :]
    for has in sides:
        yield part(found, way, place if place and (place.value is not None) == has else None, has)


def part(found: QuerySet[M], way: Order, place: Place | None, has: bool) -> QuerySet[M]:
    """What lies behind the place among the rows that have the column, or among those that lack it."""
    there = found.filter(**{f"{way.column}__isnull": not has}) if way.may_lack else found
    if has:
        return behind_value(there, way, place).order_by(*way.ways)
    return behind_id(there, way, place).order_by(towards("pk", way))


def behind_id(found: QuerySet[M], way: Order, place: Place | None) -> QuerySet[M]:
    return found.filter(**{f"pk__{beyond(way)}": place.pk}) if place else found


def behind_value(found: QuerySet[M], way: Order, place: Place | None) -> QuerySet[M]:
    if place is None:
        return found
    column, side = way.column, beyond(way)
    # Said twice on purpose: the first condition is where an index range begins, the second makes it exact.
    return found.filter(
        Q(**{f"{column}__{side}e": place.value}),
        Q(**{f"{column}__{side}": place.value}) | Q(**{column: place.value, f"pk__{side}": place.pk}),
    )


def beyond(way: Order) -> str:
    return "lt" if way.latest_first else "gt"


def towards(name: str, way: Order) -> OrderBy:
    return F(name).desc() if way.latest_first else F(name).asc()


def ids(said: str) -> list[int]:
    """What an open list says it shows, between commas; what is no number is nothing."""
    return [int(word) for word in said.split(",") if word.isascii() and word.isdigit() and len(word) < 19]


def token(order: str, way: Order, row: Model) -> str:
    """The place of a row, for an address. Signed, so that what comes back is what was given out."""
    value = way.value(row) if way.column else None
    return signing.dumps([order, value.isoformat() if isinstance(value, dt.datetime) else value, row.pk], salt="page")


def read(after: str, order: str) -> Place | None:
    if not after:
        return None
    try:
        written_for, value, pk = signing.loads(after, salt="page")
    except signing.BadSignature:
        written_for = None
    if written_for != order:
        raise BadPlace("after: give what “next” said, with the same order.")
    if value is None or ORDERS[order].of_words:
        return Place(value, pk)
    return Place(dt.datetime.fromisoformat(value), pk)
