from collections.abc import Collection

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact
from textbank.conversations.arrays import as_array
from textbank.conversations.snapshots import CurrentTransaction, TransactionIdField
from textbank.messaging.models import SenderNumber
from textbank.organizations.models import Membership, Organization, Role


class Status(models.IntegerChoices):
    NEEDS_FIRST_MESSAGE = 1, "Needs First Message"
    FIRST_MESSAGE_SENT = 2, "First Message Sent"
    NEEDS_RESPONSE = 3, "Needs Texter Response"
    ACTIVE = 4, "Active Conversation"
    CLOSED = 5, "Closed"

    @property
    def key(self) -> str:
        return self.name.lower()

    @classmethod
    def named(cls, key: str) -> "Status":
        return cls[key.upper()]


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, viewer: Membership) -> "ConversationQuerySet":
        """Everything of the organization for a supervolunteer and above; a texter sees what is theirs."""
        mine = self.filter(organization_id=viewer.organization_id)
        return mine if viewer.may(Role.SUPERVOLUNTEER) else mine.filter(texter=viewer)

    def named_to(self, viewer: Membership) -> "ConversationQuerySet":
        """The same for a condition that names campaigns of the viewer's organization: the database promises that so
        are their conversations, and without asking for it again an index tells their number by itself."""
        return self if viewer.may(Role.SUPERVOLUNTEER) else self.filter(texter=viewer)

    def among(self, ids: Collection[int]) -> "ConversationQuerySet":
        """Those of the ids, which travel as one array: a list of two thousand parameters takes longer than the work."""
        is_one = "conversations_conversation.id = any(%s::bigint[])"
        return self.filter(RawSQL(is_one, [as_array(ids)], output_field=models.BooleanField()))  # noqa: S611

    def held_by(self, texter: Membership) -> "ConversationQuerySet":
        return self.filter(organization_id=texter.organization_id, texter=texter)

    def workable(self) -> "ConversationQuerySet":
        """In a live campaign and not opted out: what a texter's lists are made of."""
        return self.filter(
            opted_out=False,
            campaign__started_at__isnull=False,
            campaign__paused_at=None,
            campaign__archived_at=None,
        )

    def in_the_pool(self) -> "ConversationQuerySet":
        return self.filter(texter=None)

    def needing_first_message(self) -> "ConversationQuerySet":
        return self.filter(status=Status.NEEDS_FIRST_MESSAGE)

    def needing_response(self) -> "ConversationQuerySet":
        return self.filter(status=Status.NEEDS_RESPONSE)


class Conversation(models.Model):
    """The thread with one contact in one campaign: where it stands, who has it, when it last moved.

    Narrow, and written often: handing on a hundred thousand rewrites small rows and few indexes.
    Only `ledger.hand` writes `texter`.
    """

    # Triggers promise that the contact is there, that organization and campaign are the contact's, and that it does not
    # go before its conversation; foreign keys would cost each row loaded three look-ups.
    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, primary_key=True, db_column="id", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="conversations", db_index=False, db_constraint=False
    )
    # A trigger promises that the holder is of the same organization; a foreign key would cost each row moved.
    texter = models.ForeignKey(
        Membership,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="conversations",
        db_index=False,
        db_constraint=False,
    )
    pinned_to = models.ForeignKey(
        Membership,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    sender = models.ForeignKey(
        SenderNumber,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    last_activity = models.DateTimeField()
    # When the oldest inbound text not yet answered by a person arrived.
    waiting_since = models.DateTimeField(null=True, blank=True)
    # The latest inbound text: a sender who has not seen it is asked to look first. Here, so that the lock covers it.
    last_inbound = models.BigIntegerField(null=True, blank=True)
    # The last change of hands.
    held_since = models.DateTimeField(null=True, blank=True)
    # When a person last did something with it: an outgoing text, an answer, a tag, a close. An undo takes that for
    # a reason to leave it where it is.
    worked_at = models.DateTimeField(null=True, blank=True)
    # The transaction of the last change that a hand-off's guard looks at.
    changed_in = TransactionIdField(db_default=CurrentTransaction())
    status = models.PositiveSmallIntegerField(choices=Status, default=Status.NEEDS_FIRST_MESSAGE)
    passes = models.PositiveSmallIntegerField(default=1)
    opted_out = models.BooleanField(default=False)
    escalated = models.BooleanField(default=False)
    # The contact's zone, with the state where that has rules of its own: what texting hours are judged by.
    hours_key = models.CharField(max_length=60)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                "campaign",
                "status",
                "texter",
                include=["opted_out", "escalated"],
                name="conversations_counted",
            ),
            models.Index(
                "texter",
                "status",
                "campaign",
                condition=Q(texter__isnull=False),
                name="conversations_held",
            ),
            models.Index(
                "organization",
                "waiting_since",
                "contact",
                condition=Q(waiting_since__isnull=False),
                name="conversations_waiting",
            ),
            models.Index(
                "organization",
                F("last_activity").desc(),
                condition=Q(escalated=True),
                include=["campaign", "opted_out"],
                name="conversations_escalated",
            ),
            # The pool, as it is asked for, and with all that its counts ask.
            models.Index(
                "organization",
                "waiting_since",
                "contact",
                condition=Q(status=Status.NEEDS_RESPONSE, texter=None, opted_out=False),
                include=["campaign", "pinned_to", "escalated", "hours_key"],
                name="conversations_pool_replies",
            ),
            models.Index(
                "campaign",
                "contact",
                condition=Q(status=Status.NEEDS_FIRST_MESSAGE, texter=None, opted_out=False),
                include=["pinned_to", "escalated", "hours_key"],
                name="conversations_pool_unsent",
            ),
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}"

    @property
    def status_key(self) -> str:
        return Status(self.status).key

    @property
    def status_name(self) -> str:
        return Status(self.status).label


class Activity(models.Model):
    """When something last happened, for all conversations of an organization in order: an index that stands beside
    them, so that those that change hands do not move in it.

    Triggers keep it: `at` is the conversation's `last_activity`, and nobody else writes here.
    """

    conversation = models.OneToOneField(
        Conversation, on_delete=models.DO_NOTHING, primary_key=True, db_column="id", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index("organization", F("at").desc(), F("conversation").desc(), name="conversations_by_activity")
        ]

    def __str__(self) -> str:
        return f"Conversation {self.pk}, {self.at:%Y-%m-%d %H:%M}"
