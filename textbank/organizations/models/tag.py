from django.db import models

from textbank.organizations.models.organization import Organization


class Tag(models.Model):
    """A label on a conversation. One that is not assignable escalates the conversation that wears it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="tags")
    title = models.CharField(max_length=100)
    colour = models.CharField(max_length=7, default="#6b7280")
    assignable = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint("organization", "title", name="one_tag_per_title")]

    def __str__(self) -> str:
        return self.title
