import secrets

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from textbank.organizations.models.membership import Membership, Role
from textbank.organizations.models.organization import Organization


def new_code() -> str:
    return secrets.token_urlsafe(16)


class Invite(models.Model):
    """A link by which people join, as texters by many or once in a higher role, until it is revoked."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invites")
    code = models.CharField(max_length=40, unique=True, default=new_code)
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.TEXTER)
    # Only this address may use it, where one is named.
    email = models.EmailField(blank=True)
    once = models.BooleanField(default=False)
    created_by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Invite to {self.organization_id} as {Role(self.role).label}"

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}/join/{self.code}/"

    @property
    def open(self) -> bool:
        return self.revoked_at is None and not (self.once and self.used_at)
