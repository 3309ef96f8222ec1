"""Asking for texts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from textbank.campaigns.models import Campaign
from textbank.conversations.models import Handoff
from textbank.organizations.models import Gives, Membership, Organization, Team


class Request(models.Model):
    """A texter asks for conversations from the pool."""

    class State(models.TextChoices):
        WAITING = "waiting"
        GIVEN = "given"
        DENIED = "denied"
        WITHDRAWN = "withdrawn"

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    texter = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="requests")
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # Whose pool it is to come from, and of which kind; without a team, from every pool of the texter's in turn.
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=20, choices=Gives, default=Gives.BOTH)
    count = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    given = models.PositiveIntegerField(default=0)
    handoff = models.OneToOneField(Handoff, null=True, blank=True, on_delete=models.PROTECT, related_name="request")
    at = models.DateTimeField(db_default=Now())
    # Who approved or denied one that waited for it, or withdrew it, and when.
    decided_by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "texter"], condition=models.Q(state="waiting"), name="one_open_request_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} for {self.texter_id}"


class Releases(models.TextChoices):
    """What a schedule gives back to the pool."""

    UNSENT = "unsent", "Unsent first messages"
    UNREPLIED = "unreplied", "Unanswered replies"


class Schedule(models.Model):
    """A release that happens by itself: once, or on some days of the week at a time of the day."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="schedules")
    # Without one, every campaign that is not archived.
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="schedules")
    releases = models.CharField(max_length=20, choices=Releases, default=Releases.UNSENT)
    # Replies that have been idle at least so long.
    idle_minutes = models.PositiveIntegerField(default=0)
    time = models.TimeField()
    timezone = models.CharField(max_length=50)
    # Monday is 0. None of them: once, on the date.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    date = models.DateField(null=True, blank=True)
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    paused_at = models.DateTimeField(null=True, blank=True)
    # Null when it is over.
    next_at = models.DateTimeField(null=True, blank=True)
    last_handoff = models.ForeignKey(Handoff, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index("next_at", condition=models.Q(paused_at=None), name="schedules_due")]

    def __str__(self) -> str:
        return f"{self.get_releases_display()} at {self.time}"
