from django.db import models

from textbank.organizations.models.membership import Membership
from textbank.organizations.models.organization import Organization
from textbank.organizations.models.tag import Tag


class Team(models.Model):
    """Texters with a priority; may hold escalation tags."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="teams")
    title = models.CharField(max_length=100)
    priority = models.PositiveIntegerField(default=500)
    members = models.ManyToManyField(Membership, related_name="teams", blank=True)
    escalation_tags = models.ManyToManyField(Tag, related_name="teams", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("organization", "title", name="one_team_per_title")]

    def __str__(self) -> str:
        return self.title
