import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models

# Words that the first part of an address already means something else by.
RESERVED = {"api", "webhooks", "accounts", "static", "live", "healthz", "readyz", "metrics", "admin", "join"}


def not_reserved(slug: str) -> None:
    if slug in RESERVED:
        raise ValidationError(f"“{slug}” is taken by an address of Textbank itself. Choose another short name.")


class Approval(models.IntegerChoices):
    """What becomes of somebody's request for texts."""

    AUTO = 1, "Auto-approve"
    REQUIRED = 2, "Approval required"
    NONE = 3, "Do not assign"

    @property
    def key(self) -> str:
        """Its name for programs: auto_approve, approval_required, do_not_assign."""
        return self.label.lower().replace("-", "_").replace(" ", "_")


class Gives(models.TextChoices):
    """What a pool hands out."""

    BOTH = "both", "Replies and first messages"
    REPLIES = "replies", "Replies only"
    FIRST_MESSAGES = "first_messages", "First messages only"


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
    # The general pool: whether texters may ask for texts from it, for which, and for how many at once.
    general_on = models.BooleanField(default=True)
    general_gives = models.CharField(max_length=20, choices=Gives, default=Gives.BOTH)
    most_at_once = models.PositiveIntegerField(default=500)
    # Whether a request that one pool could not fill goes on with the next.
    overflow = models.BooleanField(default=True)
    # Nobody is given first messages with replies waiting in their own hands, or with so many waiting in the pool.
    finish_replies_first = models.BooleanField(default=False)
    backlog_gate = models.PositiveIntegerField(null=True, blank=True)
    newcomers_approval = models.PositiveSmallIntegerField(choices=Approval, default=Approval.AUTO)
    do_not_assign_words = models.CharField(
        max_length=320, default="An admin gives you your texts: asking for them is switched off for you."
    )
    opt_out_reply = models.CharField(
        max_length=320,
        default="You are opted out and will get no more texts from us. Reply START to hear from us again.",
    )
    help_reply = models.CharField(
        max_length=320, default="A volunteer texts from this number. Reply STOP to get no more texts."
    )
    farewell = models.CharField(max_length=320, default="Understood. I am taking you off our list. Have a good day!")
    # Offered to whoever goes on where somebody else wrote; empty: nothing is.
    intro_line = models.CharField(
        max_length=320, blank=True, default="I'm {texterFirstName}, taking over from {previousTexterFirstName}."
    )

    def __str__(self) -> str:
        return f"Settings of {self.organization_id}"
