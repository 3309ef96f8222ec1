"""Many numbers as one parameter of a statement."""

from collections.abc import Iterable


def as_array(numbers: Iterable[int | None]) -> str:
    """As PostgreSQL writes an array of them, to be cast (`%s::bigint[]`).

    The driver would look at each number by itself, which takes longer than handing the conversation on does.
    """
    return "{" + ",".join(["null" if number is None else str(int(number)) for number in numbers]) + "}"
