import hashlib
import secrets

from django.db import models
from django.db.models.functions import Now

from textbank.organizations.models.membership import Membership


def digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


class Token(models.Model):
    """A key to the API that acts as one member. Only its digest is kept: it can be shown once."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or f"Token {self.pk}"

    @classmethod
    def issue(cls, membership: Membership, name: str = "") -> str:
        """A new token in clear text, for the only time it exists so."""
        word = f"tb_{secrets.token_urlsafe(32)}"
        cls.objects.create(membership=membership, name=name, digest=digest(word))
        return word
