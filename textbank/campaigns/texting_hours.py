"""When a text may reach a contact: the campaign's hours and the law's, on the clock where the contact is.

An *hours key* names that clock: "America/New_York", or "America/New_York/FL" where a state has hours of its
own. `contacts.zones.hours_key` makes it, so that one key stands for all contacts who share a clock and a law.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Hours(NamedTuple):
    """From `start` until just before `end`; start and end the same: all day; end first: past midnight."""

    start: time
    end: time

    def cover(self, clock: time) -> bool:
        if self.start == self.end:
            return True
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


# 47 CFR 64.1200(c)(1): not before 8 in the morning nor after 9 in the evening where the called person is.
FEDERAL = Hours(time(8), time(21))

# States that allow less than the federal hours on an ordinary weekday, as published in 2025. Some of them
# also keep Sundays or holidays free of solicitation: that is for who plans the campaign, not for a clock.
STATES = {
    "AL": Hours(time(8), time(20)),
    "CT": Hours(time(9), time(20)),
    "FL": Hours(time(8), time(20)),
    "KY": Hours(time(10), time(21)),
    "LA": Hours(time(8), time(20)),
    "MA": Hours(time(8), time(20)),
    "MD": Hours(time(8), time(20)),
    "MI": Hours(time(9), time(21)),
    "MN": Hours(time(9), time(21)),
    "MS": Hours(time(8), time(20)),
    "NM": Hours(time(9), time(21)),
    "NV": Hours(time(9), time(20)),
    "OK": Hours(time(8), time(20)),
    "RI": Hours(time(9), time(18)),
    "SD": Hours(time(9), time(21)),
    "TX": Hours(time(9), time(21)),
    "WA": Hours(time(8), time(20)),
    "WY": Hours(time(8), time(20)),
}

NO_MARGIN = timedelta(0)


def open_now(hours_key: str, campaign_hours: Hours, legal: bool, now: datetime, margin: timedelta = NO_MARGIN) -> bool:
    """Whether a text may go out now, and still could when `margin` has passed.

    `legal` says whether the law's hours bind too: they bind every carrier but the simulator, which reaches
    nobody. `now` is aware. An unknown zone raises ZoneInfoNotFoundError.
    """
    return _open(hours_key, campaign_hours, legal, now) and (
        not margin or _open(hours_key, campaign_hours, legal, now + margin)
    )


def open_keys(
    keys: Iterable[str],
    campaign_hours: Hours,
    legal: bool,
    now: datetime,
    margin: timedelta = NO_MARGIN,
) -> set[str]:
    """Those of the hours keys where it is open now, for a query that asks `hours_key = ANY(...)`."""
    return {key for key in keys if open_now(key, campaign_hours, legal, now, margin)}


def opens_at(hours_key: str, campaign_hours: Hours, legal: bool, now: datetime) -> datetime | None:
    """The next moment, in UTC, when a text may go out: now, if it is open.

    None if the campaign's hours never meet the law's, which is worth saying before the campaign starts.
    Where the clocks jump over the opening time, it is told as late as the jump is long.
    """
    if open_now(hours_key, campaign_hours, legal, now):
        return now.astimezone(UTC)
    zone, law = _clock_and_law(hours_key)
    today = now.astimezone(zone).date()
    # Two days on: an opening that the clocks jump over today and tomorrow's law are behind us by then.
    openings = (
        datetime.combine(today + timedelta(days=days), start, zone).replace(fold=fold).astimezone(UTC)
        for days in range(3)
        for start in {campaign_hours.start, law.start if legal else campaign_hours.start}
        for fold in (0, 1)
    )
    later = (moment for moment in openings if moment > now)
    return min((m for m in later if open_now(hours_key, campaign_hours, legal, m)), default=None)


def legal_window(hours_key: str) -> Hours:
    """The hours in which the law lets a text arrive: federal, or the state's own where those are stricter."""
    return _clock_and_law(hours_key)[1]


def _open(hours_key: str, campaign_hours: Hours, legal: bool, now: datetime) -> bool:
    zone, law = _clock_and_law(hours_key)
    clock = now.astimezone(zone).time()
    return campaign_hours.cover(clock) and (not legal or law.cover(clock))


@lru_cache(maxsize=2048)
def _clock_and_law(hours_key: str) -> tuple[ZoneInfo, Hours]:
    timezone, _, state = hours_key.rpartition("/")
    if state in STATES:
        return ZoneInfo(timezone), STATES[state]
    return ZoneInfo(hours_key), FEDERAL
