"""The demo organizations and who is in them; everybody's password is `textbank`."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from textbank.messaging.models import MessagingService, SenderNumber
from textbank.organizations.models import Colour, Membership, Organization, Presence, Role, Settings, Tag, Team, User

PASSWORD = "textbank"  # noqa: S105 - said on the demo's sign-in page

# (the name before the @, first name, last name, role)
Person = tuple[str, str, str, Role]

RIVERBEND: list[Person] = [
    ("owner", "Olga", "Marsh", Role.OWNER),
    ("admin", "Ada", "Okafor", Role.ADMIN),
    ("super", "Sue", "Delgado", Role.SUPERVOLUNTEER),
    ("tess", "Tess", "Nguyen", Role.TEXTER),
    ("theo", "Theo", "Marchetti", Role.TEXTER),
    ("tara", "Tara", "Singh", Role.TEXTER),
    ("nia", "Nia", "Brooks", Role.TEXTER),
    ("omar", "Omar", "Haddad", Role.TEXTER),
    ("june", "June", "Park", Role.TEXTER),
    ("ravi", "Ravi", "Iyer", Role.TEXTER),
    ("rosa", "Rosa", "Villanueva", Role.TEXTER),
    ("hugo", "Hugo", "Ferreira", Role.TEXTER),
    ("lena", "Lena", "Kowalski", Role.TEXTER),
    ("miles", "Miles", "Whitfield", Role.TEXTER),
    ("dana", "Dana", "Two Rivers", Role.TEXTER),
]
HARBOR_STREET: list[Person] = [
    ("owner", "Odile", "Tran", Role.OWNER),
    ("admin", "Zed", "Calloway", Role.ADMIN),
    ("super", "Uma", "Lindqvist", Role.SUPERVOLUNTEER),
    ("yan", "Yan", "Petrov", Role.TEXTER),
    ("zora", "Zora", "Mbatha", Role.TEXTER),
]

TAGS = [
    ("Escalated", Colour.RED, False),
    ("Needs Spanish", Colour.VIOLET, False),
    ("Wrong number", Colour.GREY, True),
    ("Spanish", Colour.BLUE, True),
    ("Volunteer", Colour.GREEN, True),
    ("Needs a ride", Colour.AMBER, True),
    ("Press", Colour.TEAL, True),
]


@dataclass
class Office:
    """One organization of the demo with everybody and everything it works with."""

    organization: Organization
    members: dict[str, Membership]
    service: MessagingService
    numbers: list[SenderNumber]

    @property
    def admin(self) -> Membership:
        return self.members["admin"]

    @cached_property
    def tags(self) -> dict[str, Tag]:
        return {tag.title: tag for tag in self.organization.tags.all()}


def open_office(
    slug: str, name: str, people: list[Person], senders: list[str], *, password: str, now: dt.datetime
) -> Office:
    """An organization that texts all day, since the simulator reaches nobody; its people have long been there.

    `password` is a hash, the same for all: one for each would take longer than everything else together.
    """
    organization = Organization.objects.create(slug=slug, name=name)
    Settings.objects.create(organization=organization, texting_starts=dt.time(0), texting_ends=dt.time(0))
    members = join(organization, people, password, now)
    service = MessagingService.objects.create(organization=organization, name="Simulator")
    numbers = SenderNumber.objects.bulk_create(SenderNumber(service=service, number=number) for number in senders)
    Tag.objects.bulk_create(
        Tag(organization=organization, title=title, colour=colour, assignable=assignable)
        for title, colour, assignable in TAGS
    )
    return Office(organization, members, service, numbers)


def join(organization: Organization, people: list[Person], password: str, now: dt.datetime) -> dict[str, Membership]:
    users = User.objects.bulk_create(
        User(email=f"{who}@{organization.slug}.test", first_name=first, last_name=last, password=password)
        for who, first, last, _ in people
    )
    members = Membership.objects.bulk_create(
        Membership(
            organization=organization,
            user=user,
            role=person[3],
            joined_at=now - dt.timedelta(days=90 - 4 * place, minutes=37 * place),
        )
        for place, (user, person) in enumerate(zip(users, people, strict=True))
    )
    Presence.objects.bulk_create(
        Presence(membership=member, seen_at=now - dt.timedelta(minutes=7 * place * place))
        for place, member in enumerate(members)
    )
    return {person[0]: member for person, member in zip(people, members, strict=True)}


def make_teams(office: Office) -> None:
    spanish = make_team(office, "Spanish speakers", ("rosa", "hugo", "lena"), priority=200)
    spanish.escalation_tags.set([office.tags["Needs Spanish"]])
    leads = make_team(office, "Leads", ("super", "admin"), priority=100)
    leads.escalation_tags.set([office.tags["Escalated"]])
    make_team(office, "Night shift", ("miles", "dana", "ravi"), priority=300, most_at_once=60)


def make_team(office: Office, title: str, members: tuple[str, ...], **columns: Any) -> Team:
    team = Team.objects.create(organization=office.organization, title=title, **columns)
    team.members.set([office.members[who] for who in members])
    return team
