from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from textbank.organizations.models.organization import Organization


class Colour(models.TextChoices):
    """By name: what each looks like, in the light and in the dark, is the page's to say."""

    GREY = "grey"
    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    VIOLET = "violet"


class Staying(models.Manager["Tag"]):
    """All but those that were deleted and are still being taken off many conversations."""

    def get_queryset(self) -> models.QuerySet["Tag"]:
        return super().get_queryset().filter(deleted_at=None)


class Tag(models.Model):
    """A label on a conversation. One that is not assignable escalates the conversation that wears it."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="tags")
    title = models.CharField(max_length=100)
    colour = models.CharField(max_length=10, choices=Colour, default=Colour.GREY)
    assignable = models.BooleanField(default=True)
    # What many wear is taken off them by a job; from this moment nobody is shown it any more.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Staying()
    every = models.Manager["Tag"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("title"), condition=Q(deleted_at=None), name="one_tag_per_title"
            )
        ]

    def __str__(self) -> str:
        return self.title
