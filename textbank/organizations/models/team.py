from django.db import models
from django.db.models.functions import Lower

from textbank.organizations.models.membership import Membership
from textbank.organizations.models.organization import Gives, Organization
from textbank.organizations.models.tag import Tag


class Team(models.Model):
    """Texters with a priority and a pool of their own; may hold escalation tags.

    What wears no other escalation tags than a team's is offered to its members.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="teams")
    title = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    # Its members are served from the team of the lowest number first.
    priority = models.PositiveIntegerField(default=500)
    is_on = models.BooleanField(default=True)
    gives = models.CharField(max_length=20, choices=Gives, default=Gives.BOTH)
    # Of one request; without it, the organization's.
    most_at_once = models.PositiveIntegerField(null=True, blank=True)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True)
    escalation_tags = models.ManyToManyField(Tag, related_name="teams", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("organization", Lower("title"), name="one_team_per_title")]

    def __str__(self) -> str:
        return self.title
