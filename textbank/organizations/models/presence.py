from django.db import models

from textbank.organizations.models.membership import Membership


class Presence(models.Model):
    """When a member was last seen with a page open."""

    membership = models.OneToOneField(Membership, on_delete=models.CASCADE, primary_key=True, related_name="presence")
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.membership_id} at {self.seen_at}"
