import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models

# Words that the first part of an address already means something else by.
RESERVED = {"api", "webhooks", "accounts", "static", "live", "healthz", "readyz", "metrics", "admin", "join"}


def not_reserved(slug: str) -> None:
    if slug in RESERVED:
        raise ValidationError(f"“{slug}” is taken by an address of Textbank itself. Choose another short name.")


class Organization(models.Model):
    """A tenant: its people, campaigns, numbers and opt-out list."""

    slug = models.SlugField(unique=True, validators=[not_reserved])
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Settings(models.Model):
    """What an organization decided for itself; a column each, so that two people saving lose nothing."""

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="settings"
    )
    timezone = models.CharField(max_length=50, default="America/New_York")
    texting_starts = models.TimeField(default=dt.time(9))
    texting_ends = models.TimeField(default=dt.time(21))
    show_last_names = models.BooleanField(default=False)
    show_numbers = models.BooleanField(default=False)
    supervolunteers_reassign = models.BooleanField(default=False)
    most_at_once = models.PositiveIntegerField(default=500)
    opt_out_reply = models.CharField(
        max_length=320,
        default="You are opted out and will get no more texts from us. Reply START to hear from us again.",
    )
    help_reply = models.CharField(
        max_length=320, default="A volunteer texts from this number. Reply STOP to get no more texts."
    )
    farewell = models.CharField(max_length=320, default="Understood. I am taking you off our list. Have a good day!")

    def __str__(self) -> str:
        return f"Settings of {self.organization_id}"
