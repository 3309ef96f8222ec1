from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from textbank.organizations.models.membership import Membership
from textbank.organizations.models.organization import Organization


class AuditEntry(models.Model):
    """Who did what to people, settings and opt-outs, and when."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="audit")
    by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    did = models.CharField(max_length=50)
    about = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index("organization", F("at").desc(), name="audit_by_time")]

    def __str__(self) -> str:
        return f"{self.did}: {self.about}"
