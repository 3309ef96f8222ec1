"""What is said, to whom in general, and when: campaigns, the steps of their scripts, canned responses."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Value
from django.db.models.functions import Cast, Now
from django.utils.functional import cached_property

from textbank.campaigns.texting_hours import Hours
from textbank.messaging.models import MessagingService
from textbank.organizations.models import Membership, Organization, Team


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def active(self) -> "CampaignQuerySet":
        """Not archived; drafts too."""
        return self.filter(archived_at=None)

    def live(self) -> "CampaignQuerySet":
        """Those whose texts may go out: started, neither paused nor archived."""
        return self.active().filter(paused_at=None).exclude(started_at=None)

    def in_time(self, now: dt.datetime) -> "CampaignQuerySet":
        """Those whose due date is not over, each on its own clock."""
        clock = Func(F("timezone"), Value(now), function="timezone", output_field=models.DateTimeField())
        return self.filter(models.Q(due_by=None) | models.Q(due_by__gte=Cast(clock, models.DateField())))

    def found_by(self, words: str) -> "CampaignQuerySet":
        """Campaigns whose title holds each word, or whose id it is."""
        found = self
        for word in words.split():
            one = models.Q(title__icontains=word)
            found = found.filter(one | models.Q(pk=int(word)) if word.isdecimal() and len(word) < 18 else one)
        return found


class Campaign(models.Model):
    """A contact list, a script, texting hours. Draft, then started, then archived; pausing holds the texts back."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="campaigns")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    due_by = models.DateField(null=True, blank=True)
    texting_starts = models.TimeField(default=dt.time(9))
    texting_ends = models.TimeField(default=dt.time(21))
    timezone = models.CharField(max_length=50, default="America/New_York")
    autoassign = models.BooleanField(default=True)
    priority = models.PositiveIntegerField(default=500)
    # Whose members are served from it first; or, where it is limited to them, alone.
    teams = models.ManyToManyField(Team, related_name="campaigns", blank=True)
    limited_to_teams = models.BooleanField(default=False)
    # Replies that have been idle so many minutes go back to the pool by themselves.
    release_after_minutes = models.PositiveIntegerField(null=True, blank=True)
    service = models.ForeignKey(MessagingService, null=True, blank=True, on_delete=models.PROTECT)
    first_step = models.OneToOneField("Step", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The headings of the contact list beyond the ordinary ones, in the order they came.
    custom_fields = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    created_by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("organization", "archived_at", F("id").desc(), name="campaigns_newest_first")]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        """draft, started, paused or archived."""
        if self.archived_at:
            return "archived"
        if not self.started_at:
            return "draft"
        return "paused" if self.paused_at else "started"

    @property
    def live(self) -> bool:
        return self.state == "started"

    @cached_property
    def team_ids(self) -> set[int]:
        """The teams that are served from it first, or alone."""
        return {team.pk for team in self.teams.all()}

    def past_due(self, now: dt.datetime) -> bool:
        """Whether its due date is over, on its own clock."""
        return self.due_by is not None and self.due_by < now.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def hours(self) -> Hours:
        return Hours(self.texting_starts, self.texting_ends)

    @property
    def sends_with(self) -> int:
        """The id of the service that carries its texts; a campaign has one from its start on."""
        if self.service_id is None:
            raise RuntimeError(f"Campaign {self.pk} texts without a messaging service.")
        return self.service_id

    @property
    def legal_hours(self) -> bool:
        return self.service is None or self.service.legal_hours


class Step(models.Model):
    """One thing to say, and the question it asks. Its first text is said unless versions are wanted."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="steps")
    texts = ArrayField(models.TextField())
    question = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.question or self.texts[0][:60]

    def text_for(self, number: int) -> str:
        """The version that the conversation of that number gets: always the same one."""
        return self.texts[number % len(self.texts)]


class Choice(models.Model):
    """An answer that a step's question offers, and the step it leads to."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="choices")
    value = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField(default=0)
    next = models.OneToOneField(Step, null=True, blank=True, on_delete=models.SET_NULL, related_name="reached_by")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint("step", "value", name="one_choice_per_value")]

    def __str__(self) -> str:
        return self.value


class CannedResponse(models.Model):
    """A text outside the tree, kept ready for a question that keeps coming."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="canned_responses")
    title = models.CharField(max_length=100)
    text = models.TextField()

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
