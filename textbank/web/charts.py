"""Numbers as pictures: where the lines and columns of an SVG go. Widths are attributes, never styles."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textbank.reports.counts import Hour

WIDTH, HEIGHT = 360, 168
LEFT, RIGHT, TOP, FLOOR = 34.0, 352.0, 10.0, 140.0
TICKS = 4  # words along the floor; more would run into each other on a phone
MOST_POINTS = 60
BY_HOUR = dt.timedelta(hours=36)


class Point(NamedTuple):
    """One moment along the floor: how it is called, and the texts then."""

    label: str
    texts: Hour


class Tick(NamedTuple):
    at: float
    label: str
    anchor: str = "middle"


class Line(NamedTuple):
    status: str
    line: str
    area: str


class Column(NamedTuple):
    status: str
    x: float
    y: float
    width: float
    height: float
    title: str


class Chart(NamedTuple):
    grid: list[Tick]
    ticks: list[Tick]
    lines: list[Line]
    columns: list[Column]
    said: str  # for who does not see it

    @property
    def rules(self) -> str:
        return "".join(f"M{LEFT:g} {tick.at:g}H{RIGHT:g}" for tick in self.grid)


def over_time(hours: Mapping[dt.datetime, Hour]) -> Chart | None:
    """First messages sent and texts received as two lines: by the hour for a day or so, then by the day."""
    if not hours:
        return None
    points = by_hour(hours) if max(hours) - min(hours) <= BY_HOUR else by_day(hours)
    top = nice(max(max(point.texts.first, point.texts.received) for point in points))
    step = (RIGHT - LEFT) / max(len(points) - 1, 1)
    xs = [LEFT + step * place for place in range(len(points))]
    lines = [
        drawn("first_message_sent", xs, [point.texts.first for point in points], top),
        drawn("needs_response", xs, [point.texts.received for point in points], top)._replace(area=""),
    ]
    first, received = (sum(getattr(point.texts, name) for point in points) for name in ("first", "received"))
    said = f"{first:,} first messages and {received:,} replies, {points[0].label} to {points[-1].label}"
    return Chart(grid(top), along(xs, [point.label for point in points]), lines, [], said)


def of_day(hours: Mapping[dt.datetime, Hour], now: dt.datetime) -> Chart:
    """The hours of one day as columns of what was sent, with what was received as a line over them.

    `now` is on the clock of the hours' keys.
    """
    by_clock = {hour.hour: texts for hour, texts in hours.items()}
    day = [by_clock.get(clock, Hour()) for clock in range(24)]
    top = nice(max(max(texts.first + texts.replies, texts.received) for texts in day))
    room = (RIGHT - LEFT) / 24
    columns = [
        column
        for clock, texts in enumerate(day)
        for column in stacked(LEFT + room * clock + room * 0.15, room * 0.7, texts, top, clock_words(clock))
    ]
    xs = [LEFT + room * (clock + 0.5) for clock in range(now.hour + 1)]
    line = drawn("needs_response", xs, [texts.received for texts in day[: now.hour + 1]], top)
    ticks = [Tick(LEFT + room * clock, clock_words(clock)) for clock in (0, 6, 12, 18)]
    ticks = [ticks[0]._replace(anchor="start"), *ticks[1:]]
    sent, received = sum(texts.first + texts.replies for texts in day), sum(texts.received for texts in day)
    return Chart(
        grid(top), ticks, [line._replace(area="")], columns, f"{sent:,} texts sent and {received:,} received today"
    )


def stacked(x: float, width: float, texts: Hour, top: int, when: str) -> list[Column]:
    """First messages at the bottom, answers on them."""
    columns, floor = [], FLOOR
    for status, count, words in (
        ("first_message_sent", texts.first, "first messages"),
        ("active", texts.replies, "answers"),
    ):
        if count:
            height = (FLOOR - TOP) * count / top
            floor -= height
            columns.append(
                Column(
                    status,
                    round(x, 1),
                    round(floor, 1),
                    round(width, 1),
                    round(height, 1),
                    f"{when}: {count:,} {words}",
                )
            )
    return columns


def drawn(status: str, xs: Sequence[float], values: Sequence[int], top: int) -> Line:
    ys = [FLOOR - (FLOOR - TOP) * value / top for value in values]
    points = [f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True)]
    # One moment alone is a dot: a line of no length, with round ends.
    line = "M" + "L".join(points if len(points) > 1 else points * 2)
    area = f"M{xs[0]:.1f} {FLOOR:g}L{'L'.join(points)}L{xs[-1]:.1f} {FLOOR:g}Z"
    return Line(status, line, area)


def grid(top: int) -> list[Tick]:
    return [Tick(round(FLOOR - (FLOOR - TOP) * part / 2, 1), short(top * part // 2)) for part in (2, 1, 0)]


def along(xs: Sequence[float], labels: Sequence[str]) -> list[Tick]:
    """A few labels along the floor, the first and the last among them."""
    if len(xs) == 1:
        return [Tick(xs[0], labels[0], "start")]
    count = min(TICKS, len(xs))
    places = sorted({round(place * (len(xs) - 1) / (count - 1)) for place in range(count)})
    anchors = {0: "start", len(xs) - 1: "end"}
    return [Tick(round(xs[place], 1), labels[place], anchors.get(place, "middle")) for place in places]


def by_hour(hours: Mapping[dt.datetime, Hour]) -> list[Point]:
    first, last = min(hours), max(hours)
    count = round((last - first) / dt.timedelta(hours=1)) + 1
    moments = [first + dt.timedelta(hours=place) for place in range(count)]
    return [Point(clock_words(moment.hour), hours.get(moment, Hour())) for moment in moments]


def by_day(hours: Mapping[dt.datetime, Hour]) -> list[Point]:
    """A point for each day from the first to the last, or the last of them."""
    days: dict[dt.date, Hour] = {}
    for moment, texts in hours.items():
        before = days.get(moment.date(), Hour())
        days[moment.date()] = Hour(*(one + other for one, other in zip(before, texts, strict=True)))
    count = min((max(days) - min(days)).days + 1, MOST_POINTS)
    dates = [max(days) - dt.timedelta(days=back) for back in reversed(range(count))]
    return [Point(f"{date:%b %-d}", days.get(date, Hour())) for date in dates]


def nice(most: int) -> int:
    """A round number not below this one, and even, so that its half is a number too."""
    size = 1
    while True:
        for round_number in (2, 4, 6, 10):
            if round_number * size >= most:
                return round_number * size
        size *= 10


def short(number: int) -> str:
    """12,000 as 12k: the room beside a picture is narrow."""
    return f"{number / 1000:g}k" if number >= 10_000 else f"{number:,}"


def clock_words(hour: int) -> str:
    return f"{hour % 12 or 12} {'AM' if hour < 12 else 'PM'}"
