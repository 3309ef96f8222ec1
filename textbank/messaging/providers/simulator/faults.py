"""Faults a test orders from the carrier, each for so many texts."""

from dataclasses import dataclass, field

KINDS = (
    "timeout_after_accept",  # takes the text, then says nothing
    "answer_429",  # takes nothing
    "answer_500",  # takes nothing, but who could know
    "report_twice",
    "report_late",
    "report_out_of_order",  # delivered first, sent afterwards
    "report_never",
    "inbound_twice",
)


class NoSuchFault(ValueError):
    """A kind that is not in KINDS, or a count or a number of seconds that is none."""


@dataclass(slots=True)
class Faults:
    """How many of each kind are still to happen, and how late a late report is, in seconds."""

    left: dict[str, int] = field(default_factory=dict)
    late_seconds: float = 60.0

    def order(self, kind: object, count: object, seconds: object = None) -> None:
        """From now on `count` more of that kind. Raises NoSuchFault."""
        if not isinstance(kind, str) or kind not in KINDS:
            raise NoSuchFault(f"kind must be one of {', '.join(KINDS)}.")
        if not isinstance(count, int) or count < 0:
            raise NoSuchFault("count must be a whole number.")
        if seconds is not None:
            if not isinstance(seconds, int | float) or seconds < 0:
                raise NoSuchFault("seconds must be a number.")
            self.late_seconds = float(seconds)
        self.left[kind] = self.left.get(kind, 0) + count

    def strikes(self, kind: str) -> bool:
        """Whether this fault happens now; each time uses one up."""
        if not self.left.get(kind):
            return False
        self.left[kind] -= 1
        return True
