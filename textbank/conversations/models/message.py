from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from textbank.conversations.models.conversation import Conversation
from textbank.messaging.models import MessagingService, SenderNumber
from textbank.organizations.models import Membership, Organization


class Direction(models.IntegerChoices):
    OUTGOING = 1, "outgoing"
    INBOUND = 2, "inbound"


class Kind(models.IntegerChoices):
    FIRST = 1, "first message"
    REPLY = 2, "reply"
    # An answer to STOP or HELP, or the farewell that goes with an opt-out: no person waits on it.
    AUTOMATIC = 3, "automatic reply"


class MessageStatus(models.IntegerChoices):
    QUEUED = 1, "queued"
    SENDING = 2, "sending"
    SENT = 3, "sent"
    DELIVERED = 4, "delivered"
    FAILED = 5, "failed"
    # The carrier may or may not have taken it. It is never sent again by itself.
    UNCONFIRMED = 6, "unconfirmed"
    CANCELLED = 7, "cancelled"
    RECEIVED = 8, "received"


class Message(models.Model):
    """One text. Its author is whoever clicked, for ever; a queued one is the outbox."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    service = models.ForeignKey(MessagingService, on_delete=models.PROTECT, related_name="+", db_index=False)
    sender = models.ForeignKey(SenderNumber, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.PositiveSmallIntegerField(choices=Direction)
    kind = models.PositiveSmallIntegerField(choices=Kind, default=Kind.REPLY)
    status = models.PositiveSmallIntegerField(choices=MessageStatus)
    # Which pass a first message belongs to; replies have none.
    pass_number = models.PositiveSmallIntegerField(null=True)
    client_id = models.UUIDField(null=True)
    provider_id = models.CharField(max_length=100, null=True)
    text = models.TextField()
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    # Not to be given to the carrier earlier: it was asked to wait, or texting hours ended meanwhile.
    not_before = models.DateTimeField(null=True)
    # When a worker took it to give to the carrier.
    claimed_at = models.DateTimeField(null=True)
    # When the carrier took it, and when it was last reported on.
    sent_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "pass_number"],
                condition=Q(pass_number__isnull=False),
                name="one_first_message",
            ),
            models.UniqueConstraint(
                fields=["organization", "client_id"],
                condition=Q(client_id__isnull=False),
                name="one_message_per_click",
            ),
            models.UniqueConstraint(
                fields=["service", "direction", "provider_id"],
                condition=Q(provider_id__isnull=False),
                name="one_message_per_provider_id",
            ),
        ]
        indexes = [
            models.Index("conversation", "id", name="messages_of_a_thread"),
            models.Index("id", condition=Q(status=MessageStatus.QUEUED), name="messages_queued"),
            models.Index("id", condition=Q(status=MessageStatus.SENDING), name="messages_sending"),
        ]

    def __str__(self) -> str:
        return f"Message {self.pk}"

    @property
    def direction_key(self) -> str:
        return Direction(self.direction).label

    @property
    def status_key(self) -> str:
        return MessageStatus(self.status).label


class EarlyReport(models.Model):
    """A delivery report that came before we had written down the carrier's yes; applied when we do."""

    service = models.ForeignKey(MessagingService, on_delete=models.CASCADE, related_name="+", db_index=False)
    provider_id = models.CharField(max_length=100)
    status = models.PositiveSmallIntegerField(choices=MessageStatus)
    error = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("service", "provider_id", name="one_early_report_per_provider_id")]


class StrayText(models.Model):
    """A text from a number that no conversation is with."""

    service = models.ForeignKey(MessagingService, on_delete=models.CASCADE, related_name="+")
    provider_id = models.CharField(max_length=100)
    cell = models.CharField(max_length=20)
    to = models.CharField(max_length=20)
    text = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("service", "provider_id", name="one_stray_per_provider_id")]
