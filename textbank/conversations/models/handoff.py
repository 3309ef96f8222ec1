from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from textbank.campaigns.models import Campaign
from textbank.conversations.models.conversation import Conversation
from textbank.organizations.models import Membership, Organization, Role


class Action(models.TextChoices):
    OPENING = "opening", "Opening"
    REASSIGN = "reassign", "Reassign"
    UNASSIGN = "unassign", "Unassign"
    RELEASE_UNSENT = "release_unsent", "Release Unsent Messages"
    RELEASE_UNREPLIED = "release_unreplied", "Release Unreplied Conversations"
    RELEASE_UNHANDLED = "release_unhandled", "Release Unhandled Replies"
    AUTOMATIC_RELEASE = "automatic_release", "Automatic release"
    SCHEDULED_RELEASE = "scheduled_release", "Scheduled release"
    REQUEST = "request", "Request"
    GIVE_BACK = "give_back", "Give back"
    DONE_FOR_THE_DAY = "done_for_the_day", "Done for the day"
    ESCALATE = "escalate", "Escalate"
    UNDO = "undo", "Undo"

    @property
    def to_the_pool(self) -> bool:
        return self in POOLING

    @property
    def by_itself(self) -> bool:
        """Whether nobody asked for it at that moment."""
        return self in {Action.AUTOMATIC_RELEASE, Action.SCHEDULED_RELEASE}


class OutOfReach(PermissionDenied):
    """Stopping a hand-off, or taking it back, takes another role."""


# What whoever may hand on can do; the others are admins', or no one person's.
ORDINARY = {Action.REASSIGN, Action.UNASSIGN}
POOLING = {
    Action.UNASSIGN,
    Action.RELEASE_UNSENT,
    Action.RELEASE_UNREPLIED,
    Action.RELEASE_UNHANDLED,
    Action.AUTOMATIC_RELEASE,
    Action.SCHEDULED_RELEASE,
    Action.GIVE_BACK,
    Action.DONE_FOR_THE_DAY,
}


class State(models.TextChoices):
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class LeftAlone(models.IntegerChoices):
    """Why a conversation stays where it is, in the order in which it is asked."""

    STOPPED = 1, "stopped"
    CHANGED = 2, "changed"
    OPTED_OUT = 3, "opted_out"
    CAMPAIGN_ARCHIVED = 4, "campaign_archived"
    PINNED = 5, "pinned"
    ESCALATED = 6, "escalated"
    CLOSED = 7, "closed"
    BEING_ANSWERED = 8, "being_answered"
    ALREADY_THEIRS = 9, "already_theirs"
    # Only of an undo: what it does not take back.
    MOVED_AGAIN = 10, "moved_again"
    WORKED_ON = 11, "worked_on"
    GONE = 12, "gone"


class Handoff(models.Model):
    """One act by which conversations change hands: who did it, when, to which, why, and what came of it."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="handoffs", db_index=False)
    action = models.CharField(max_length=20, choices=Action)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.PROTECT, related_name="+")
    # The filter as it was chosen (null where conversations were ticked), and its receivers in the order chosen.
    filter = models.JSONField(null=True)
    receivers = models.JSONField(default=list)
    reason = models.CharField(max_length=500, blank=True)
    note = models.TextField(blank=True)
    client_id = models.UUIDField(null=True)
    # The rest of what was asked, so that a worker can go on where another was stopped.
    ticked = models.JSONField(null=True)
    as_of = models.TextField(blank=True)
    expect = models.PositiveIntegerField(null=True)
    limit = models.PositiveIntegerField(null=True)
    # So many to each receiver, in their order; without it their shares differ by at most one.
    each = models.JSONField(null=True)
    idle_minutes = models.PositiveIntegerField(null=True)
    include_escalated = models.BooleanField(default=False)
    include_drafting = models.BooleanField(default=False)
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    # How many there were to look at when a big one began, and whether somebody asked it to stop.
    total = models.PositiveIntegerField(null=True)
    stop_asked = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    matched = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    # {reason: count}, {member id: count of moved and already theirs}, {member id or "": count given}
    left_alone = models.JSONField(default=dict)
    shares = models.JSONField(default=dict)
    gives = models.JSONField(default=dict)
    # {member id: count left alone because they were just answering}
    answering = models.JSONField(default=dict)
    # {reason: ids of receivers it speaks against}
    warnings = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "client_id"],
                condition=Q(client_id__isnull=False),
                name="one_handoff_per_click",
            )
        ]
        indexes = [models.Index("organization", F("id").desc(), name="handoffs_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.pk}"

    def within_reach_of(self, member: Membership) -> bool:
        """Whether they may stop it and take it back: an admin every one, a supervolunteer who may hand on what they
        might have done themselves. Of an undo, what it undid says so."""
        if member.may(Role.ADMIN):
            return True
        return self.undoes.within_reach_of(member) if self.undoes else member.may_hand_on and self.action in ORDINARY

    def refuse_out_of_reach(self, by: Membership) -> None:
        """Raises OutOfReach."""
        if not self.within_reach_of(by):
            raise OutOfReach("Only an admin may stop this or take it back.")

    @property
    def dealt(self) -> int:
        """How many cards fell to somebody, or to the pool: moved, and already where they would go by the deal."""
        shared: int = sum(self.shares.values())
        return max(self.moved, shared)


class Move(models.Model):
    """What a hand-off did with one conversation. Written only by the ledger; ids rise in the order things happened."""

    handoff = models.ForeignKey(
        Handoff, on_delete=models.PROTECT, related_name="moves", db_index=False, db_constraint=False
    )
    # The ledger writes these from rows it has locked; a foreign key would cost each row moved four look-ups.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="moves", db_index=False, db_constraint=False
    )
    giver = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    receiver = models.ForeignKey(
        Membership, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    left_alone = models.PositiveSmallIntegerField(null=True, choices=LeftAlone)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        # In the database the key is (conversation, id): nobody asks for a move by its number alone.
        indexes = [models.Index("handoff", "id", name="moves_of_a_handoff")]
