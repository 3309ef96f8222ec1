"""Asking for texts."""

from django.db import models
from django.db.models.functions import Now

from textbank.campaigns.models import Campaign
from textbank.conversations.models import Handoff
from textbank.organizations.models import Membership, Organization


class Request(models.Model):
    """A texter asks for conversations from the pool."""

    class State(models.TextChoices):
        WAITING = "waiting"
        GIVEN = "given"
        DENIED = "denied"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    texter = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="requests")
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    given = models.PositiveIntegerField(default=0)
    handoff = models.OneToOneField(Handoff, null=True, blank=True, on_delete=models.PROTECT, related_name="request")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "texter"], condition=models.Q(state="waiting"), name="one_open_request_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} for {self.texter_id}"
