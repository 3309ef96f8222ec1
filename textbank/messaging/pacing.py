"""The pace of a sender number: carriers refuse, or later punish, a number that texts faster than it may."""

# Time is added up in fractions of a second: a token that is short by this is whole.
ROUNDING = 1e-6


class Pace:
    """A bucket of tokens for one sender number, full at first, filled at `per_second`; a text takes a token.

    `burst` is what the bucket holds: what may go at once after a rest. It is a second's worth and one text
    unless told otherwise, so that a sender who looks a few times a second loses no fraction of a token, and
    never less than one. Times are seconds on a clock of the caller's, such as `time.monotonic()`; a clock
    that goes back adds nothing. Rates that are not positive: ValueError.
    """

    def __init__(self, per_second: float, burst: float | None = None) -> None:
        if per_second <= 0:
            raise ValueError("A pace is more than nothing per second.")
        self.per_second = per_second
        self.burst = max(1.0, per_second + 1 if burst is None else burst)
        self._tokens = self.burst
        self._filled: float | None = None

    def take(self, now: float, wanted: int) -> int:
        """Take tokens for as many of the wanted texts as may go now, and say how many those are."""
        self._fill(now)
        taken = max(0, min(wanted, int(self._tokens + ROUNDING)))
        self._tokens = max(0.0, self._tokens - taken)
        return taken

    def wait(self, now: float) -> float:
        """Seconds until one text may go; 0 if one may go now."""
        self._fill(now)
        missing = 1 - self._tokens
        return missing / self.per_second if missing > ROUNDING else 0.0

    def _fill(self, now: float) -> None:
        if self._filled is None:
            self._filled = now
        if now > self._filled:
            self._tokens = min(self.burst, self._tokens + (now - self._filled) * self.per_second)
            self._filled = now
