"""A hand-off as a picture: from the hands on the left to the hands on the right, as thick as they are many."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from textbank.organizations.models import Membership
from textbank.reports.moves import Flow

WIDTH = 360
LEFT, RIGHT, BAR = 112.0, 248.0, 5.0  # where the bands begin and end; the bars stand outside of them
LEAST, ROOM, GAP = 18.0, 120.0, 7.0  # a name needs so much height; so much is shared out by number
SHOWN = 7
LONGEST = 13  # letters of a name that fit beside a bar
POOL, OTHERS = 0, -1  # ids that no member has


@dataclass(frozen=True, slots=True)
class End:
    """The hands on one side: a bar with a name and a number."""

    name: str
    count: int
    y: float
    height: float

    @property
    def middle(self) -> float:
        return round(self.y + self.height / 2 + 4, 1)

    @property
    def short(self) -> str:
        return self.name if len(self.name) <= LONGEST else f"{self.name[: LONGEST - 1].rstrip()}…"


class Band(NamedTuple):
    hue: int
    path: str
    title: str


class Picture(NamedTuple):
    givers: list[End]
    receivers: list[End]
    bands: list[Band]
    height: float


def drawn(flows: Iterable[Flow], people: Mapping[int, Membership]) -> Picture | None:
    """The picture; nothing for what moved nothing. Beyond the first few hands the others are drawn as one."""
    pairs = [(flow.giver or POOL, flow.receiver or POOL, flow.count) for flow in flows]
    if not pairs:
        return None
    left, right = tallied((giver, count) for giver, _, count in pairs), tallied((to, count) for _, to, count in pairs)
    together: Counter[tuple[int, int]] = Counter()
    for giver, receiver, count in pairs:
        together[shown(giver, left), shown(receiver, right)] += count
    givers, receivers = ends(left, people), ends(right, people)
    height = max(end.y + end.height for end in [*givers.values(), *receivers.values()])
    return Picture(list(givers.values()), list(receivers.values()), bands(together, givers, receivers), height)


def tallied(counts: Iterable[tuple[int, int]]) -> dict[int, int]:
    """So many for each of the biggest, and the others together, biggest first."""
    tally: Counter[int] = Counter()
    for who, count in counts:
        tally[who] += count
    most = tally.most_common()
    if len(most) <= SHOWN + 1:
        return dict(most)
    return {**dict(most[:SHOWN]), OTHERS: sum(count for _, count in most[SHOWN:])}


def shown(who: int, tally: Mapping[int, int]) -> int:
    return who if who in tally else OTHERS


def ends(tally: Mapping[int, int], people: Mapping[int, Membership]) -> dict[int, End]:
    total, y, found = sum(tally.values()), 0.0, {}
    for who, count in tally.items():
        height = round(LEAST + ROOM * count / total, 1)
        found[who] = End(named(who, people), count, round(y, 1), height)
        y += height + GAP
    return found


def named(who: int, people: Mapping[int, Membership]) -> str:
    return {POOL: "The pool", OTHERS: "Others"}.get(who) or people[who].name


def bands(
    together: Mapping[tuple[int, int], int], givers: Mapping[int, End], receivers: Mapping[int, End]
) -> list[Band]:
    """In the order of the bars on both sides, so that none crosses another without need."""
    made = []
    down: Counter[tuple[str, int]] = Counter()  # how much of each bar is taken
    places = {who: place for place, who in enumerate(givers)}, {who: place for place, who in enumerate(receivers)}
    for (giver, receiver), count in sorted(
        together.items(), key=lambda one: (places[0][one[0][0]], places[1][one[0][1]])
    ):
        start, end = givers[giver], receivers[receiver]
        thick, wide = start.height * count / start.count, end.height * count / end.count
        top, foot = start.y + down["giver", giver], end.y + down["receiver", receiver]
        down["giver", giver] += thick  # type: ignore[assignment]
        down["receiver", receiver] += wide  # type: ignore[assignment]
        title = f"{count:,} from {start.name} to {end.name}"
        made.append(Band(places[0][giver] % 6, path(top, top + thick, foot, foot + wide), title))
    return made


def path(top: float, bottom: float, to_top: float, to_bottom: float) -> str:
    middle = (LEFT + RIGHT) / 2
    return (
        f"M{LEFT:g} {top:.1f}C{middle:g} {top:.1f} {middle:g} {to_top:.1f} {RIGHT:g} {to_top:.1f}"
        f"V{to_bottom:.1f}C{middle:g} {to_bottom:.1f} {middle:g} {bottom:.1f} {LEFT:g} {bottom:.1f}Z"
    )
