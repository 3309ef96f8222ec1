"""The people of every story. Riverton is the organization; Zed of Otherton must see none of it."""

import datetime as dt
import itertools
from dataclasses import dataclass, field

import pytest

from textbank.campaigns import scripting
from textbank.campaigns.models import Campaign
from textbank.contacts.folding import fold
from textbank.contacts.models import Contact
from textbank.conversations import ledger
from textbank.conversations.ledger import Card
from textbank.conversations.models import (
    Action,
    Conversation,
    Direction,
    Handoff,
    Message,
    MessageStatus,
    State,
    Status,
)
from textbank.messaging.models import MessagingService, SenderNumber
from textbank.organizations.models import Membership, Organization, Role, Settings, User

NOON = dt.datetime(2026, 11, 2, 17, 0, tzinfo=dt.UTC)  # a Monday, noon in New York

SCRIPT = {
    "text": "Hi {firstName}, it's {texterFirstName} with Riverton Votes. Can we count on you on Saturday?",
    "question": "Coming?",
    "answers": [
        {"value": "Yes", "next": {"text": "Wonderful! We meet at ten.", "question": "", "answers": []}},
        {"value": "No", "next": {"text": "Thank you all the same.", "question": "", "answers": []}},
        {"value": "Wrong number"},
    ],
}

cells = itertools.count(2_000_000)


@dataclass
class Town:
    """An organization with its people, a messaging service and the means to make campaigns."""

    organization: Organization
    service: MessagingService
    people: dict[str, Membership] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Membership:
        try:
            return self.__dict__["people"][name]
        except KeyError:
            raise AttributeError(name) from None

    def person(self, first_name: str, role: Role, last_name: str = "Doe") -> Membership:
        email = f"{first_name.lower()}@{self.organization.slug}.test"
        user = User.objects.create_user(email, "textbank", first_name=first_name, last_name=last_name)
        member = Membership.objects.create(organization=self.organization, user=user, role=role)
        member.organization = self.organization
        self.people[first_name.lower()] = member
        return member

    def campaign(
        self, title: str = "Saturday canvass", *, started: bool = True, contacts: int = 0, **fields
    ) -> Campaign:
        """A campaign with the ordinary script, its hours all day unless said otherwise."""
        hours = {"texting_starts": dt.time(0), "texting_ends": dt.time(0)}
        campaign = Campaign.objects.create(
            organization=self.organization,
            title=title,
            service=self.service,
            **{"started_at": NOON if started else None, **hours, **fields},
        )
        scripting.write(campaign, SCRIPT)
        if contacts:
            self.conversations(campaign, contacts)
        return campaign

    def conversations(
        self,
        campaign: Campaign,
        count: int = 1,
        *,
        holder: Membership | None = None,
        status: Status = Status.NEEDS_FIRST_MESSAGE,
        **fields,
    ) -> list[Conversation]:
        """New contacts with their conversations; who holds them is written in the ledger as the opening says."""
        made = [self.conversation(campaign, status=status, **fields) for _ in range(count)]
        handoff = Handoff.objects.create(
            organization=self.organization, action=Action.OPENING, campaign=campaign, state=State.DONE
        )
        if holder:
            ledger.hand(handoff, [Card(one.pk, None, holder.pk) for one in made], at=NOON)
            for one in made:
                one.refresh_from_db()
        return made

    def conversation(
        self, campaign: Campaign, *, status: Status, cell: str = "", first_name: str = "Maria", **fields
    ) -> Conversation:
        contact = Contact.objects.create(
            organization=self.organization,
            campaign=campaign,
            cell=cell or f"+1212{next(cells)}",
            first_name=first_name,
            last_name="Lopez",
            search_name=fold(f"{first_name} Lopez"),
            timezone="America/New_York",
        )
        defaults = {"last_activity": NOON, "hours_key": "America/New_York"}
        waits = {"waiting_since": NOON} if status == Status.NEEDS_RESPONSE else {}
        made = Conversation.objects.create(
            contact=contact,
            organization=self.organization,
            campaign=campaign,
            status=status,
            **{**defaults, **waits, **fields},
        )
        if made.waiting_since:
            self.unanswered(made)
        return made

    def unanswered(self, conversation: Conversation) -> None:
        """The text that the conversation waits to have answered."""
        text = Message.objects.create(
            organization=self.organization,
            conversation=conversation,
            service=self.service,
            direction=Direction.INBOUND,
            status=MessageStatus.RECEIVED,
            text="Who is this?",
            created_at=conversation.waiting_since,
        )
        conversation.last_inbound = text.pk
        conversation.save(update_fields=["last_inbound"])


def town(slug: str, name: str) -> Town:
    organization = Organization.objects.create(slug=slug, name=name)
    Settings.objects.create(organization=organization)
    service = MessagingService.objects.create(organization=organization, name="Simulator")
    SenderNumber.objects.create(service=service, number="+12125550100")
    return Town(organization, service)


@pytest.fixture
def riverton(db) -> Town:
    """Olga owns it, Ada runs it, Sue helps; Tess, Theo and Tara text."""
    here = town("riverton", "Riverton Votes")
    here.person("Olga", Role.OWNER)
    here.person("Ada", Role.ADMIN)
    here.person("Sue", Role.SUPERVOLUNTEER)
    for texter in ("Tess", "Theo", "Tara"):
        here.person(texter, Role.TEXTER)
    return here


@pytest.fixture
def otherton(db) -> Town:
    """Another organization: Zed is its admin, Yan texts there."""
    there = town("otherton", "Otherton Cares")
    there.person("Zed", Role.ADMIN)
    there.person("Yan", Role.TEXTER)
    return there


@pytest.fixture
def now() -> dt.datetime:
    return NOON
