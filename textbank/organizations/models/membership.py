from django.db import models
from django.db.models.functions import Now

from textbank.organizations.models.organization import Approval, Organization
from textbank.organizations.models.user import User


class Role(models.IntegerChoices):
    TEXTER = 1, "Texter"
    SUPERVOLUNTEER = 2, "Supervolunteer"
    ADMIN = 3, "Admin"
    OWNER = 4, "Owner"

    @property
    def key(self) -> str:
        return self.name.lower()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active(self) -> "MembershipQuerySet":
        return self.filter(suspended_at=None)

    def at_least(self, role: Role) -> "MembershipQuerySet":
        return self.filter(role__gte=role)

    def found_by(self, words: str) -> "MembershipQuerySet":
        """Everybody whose first name, last name or e-mail holds each of the words."""
        found = self
        for word in words.split():
            found = found.filter(
                models.Q(user__first_name__icontains=word)
                | models.Q(user__last_name__icontains=word)
                | models.Q(user__email__icontains=word)
            )
        return found


class Membership(models.Model):
    """A person in one organization. Never deleted and never moved to another: the database refuses both."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.TEXTER)
    approval = models.PositiveSmallIntegerField(choices=Approval, default=Approval.AUTO)
    # Sends first messages and answers nobody: a reply to one of theirs goes back to the pool.
    sends_only = models.BooleanField(default=False)
    # How many open conversations the pool gives them to hold at most.
    cap = models.PositiveIntegerField(null=True, blank=True)
    suspended_at = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(db_default=Now())

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("organization", "user", name="one_membership_each")]

    def __str__(self) -> str:
        return f"{self.name} of {self.organization_id}"

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def role_name(self) -> str:
        return Role(self.role).label

    @property
    def suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def sees_last_names(self) -> bool:
        """Of contacts: supervolunteers and above do, texters where the organization says so."""
        return self.may(Role.SUPERVOLUNTEER) or self.organization.settings.show_last_names

    @property
    def sees_numbers(self) -> bool:
        """Of contacts, likewise."""
        return self.may(Role.SUPERVOLUNTEER) or self.organization.settings.show_numbers

    @property
    def may_hand_on(self) -> bool:
        """Admins reassign, and supervolunteers where the organization lets them."""
        return self.may(Role.ADMIN) or (
            self.may(Role.SUPERVOLUNTEER) and self.organization.settings.supervolunteers_reassign
        )

    def may(self, role: Role) -> bool:
        """Whether this person has the rights of that role: not suspended, and at least as high."""
        return not self.suspended and self.role >= role
