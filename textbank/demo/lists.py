"""The demo's contact lists: CSV files like those that organizers bring, with a few lines that cannot be used."""

import csv
import io
import random
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textbank.demo.campaigns import Plan
from textbank.demo.names import FIRST, LAST, PLACES, SPANISH_FIRST, SPANISH_LAST, Place
from textbank.demo.talk import SEED
from textbank.messaging.providers.simulator import contacts


class Person(NamedTuple):
    """Somebody who can be texted, in whichever campaigns."""

    first_name: str
    last_name: str
    cell: str
    place: Place
    id: str


class Town:
    """Everybody with a 555-01xx number in some places, handed out campaign by campaign."""

    def __init__(self, seed: int, places: Sequence[Place] = PLACES) -> None:
        self.lot = random.Random(seed)
        people = [self.born(place, last) for place in places for last in range(100)]
        self.lot.shuffle(people)
        self.spanish = [one for one in people if contacts.kind(SEED, one.cell) == "spanish"]
        self.others = [one for one in people if contacts.kind(SEED, one.cell) != "spanish"]
        self.known: list[Person] = []

    def born(self, place: Place, last: int) -> Person:
        cell = f"+1{place.area_code}55501{last:02d}"
        speaks_spanish = contacts.kind(SEED, cell) == "spanish" or self.lot.random() < 0.12
        first_names, last_names = (SPANISH_FIRST, SPANISH_LAST) if speaks_spanish else (FIRST, LAST)
        return Person(
            self.lot.choice(first_names),
            self.lot.choice(last_names),
            cell,
            place,
            f"R{place.area_code}{last:02d}",
        )

    def people_for(self, plan: Plan) -> list[Person]:
        """As many as the plan wants, its share of Spanish speakers among them, some known from the campaigns before."""
        again = self.lot.sample(self.known, min(len(self.known), int(plan.contacts * plan.again)))
        spanish = take(self.spanish, int(plan.contacts * (plan.spanish or 0.03)))
        new = take(self.others, plan.contacts - len(again) - len(spanish))
        self.known += spanish + new
        people = again + spanish + new
        self.lot.shuffle(people)
        return people

    def list_for(self, plan: Plan) -> bytes:
        """The file: plan.contacts good lines, and a few that the report of the upload is about."""
        people = self.people_for(plan)
        rows = [self.row(plan, person) for person in people]
        rows[7:7] = [rows[2], rows[4]]
        rows.insert(11, ["Pat", "Nobody", "555-0123", "", "", *rows[0][5:]])
        rows.insert(23, ["Chris", "Typo", "(212) 555-01", "10027", "", *rows[0][5:]])
        return written(["firstName", "lastName", "cell", "zip", "external_id", *plan.fields], rows)

    def row(self, plan: Plan, person: Person) -> list[str]:
        number = person.cell[2:]
        own = [self.lot.choice(values) if values else person.place.city for values in plan.fields.values()]
        cell = f"({number[:3]}) {number[3:6]}-{number[6:]}"
        return [person.first_name, person.last_name, cell, person.place.zip, person.id, *own]


def take(people: list[Person], count: int) -> list[Person]:
    """The next ones, who are not there for another campaign any more."""
    taken, people[:] = people[:count], people[count:]
    return taken


def written(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue().encode()
