"""Many numbers as one parameter of a statement."""

from collections.abc import Iterable

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL


def as_array(numbers: Iterable[int | None]) -> str:
    """As PostgreSQL writes an array of them, to be cast (`%s::bigint[]`).

    The driver would look at each number by itself, which takes longer than handing the conversation on does.
    """
    return "{" + ",".join(["null" if number is None else str(int(number)) for number in numbers]) + "}"


def is_among(column: str, numbers: Iterable[int]) -> RawSQL:
    """Whether the column (with its table) is one of them: a list of two thousand parameters takes longer than the
    work."""
    return RawSQL(f"{column} = any(%s::bigint[])", [as_array(numbers)], output_field=BooleanField())  # noqa: S611
