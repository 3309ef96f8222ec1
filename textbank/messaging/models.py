"""An organization's account with a carrier, and the numbers it texts from."""

from django.conf import settings
from django.db import models

from textbank.messaging import providers
from textbank.messaging.texts import Account
from textbank.organizations.models import Organization


class MessagingService(models.Model):
    """An account with one provider. Its address and secret come from the environment, never from here."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="services")
    provider = models.CharField(max_length=30, default="simulator")
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name

    @property
    def account(self) -> Account:
        carrier = settings.CARRIERS[self.provider]
        return Account(address=carrier["address"], key=str(self.pk), secret=carrier["secret"])

    @property
    def legal_hours(self) -> bool:
        """Whether the law's windows bind: they do for every carrier that reaches people."""
        return providers.named(self.provider).LEGAL_HOURS


class SenderNumber(models.Model):
    """A number contacts see. It stays the same for a contact whoever texts."""

    service = models.ForeignKey(MessagingService, on_delete=models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=20)
    per_second = models.FloatField(default=100.0)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint("service", "number", name="one_sender_per_number")]

    def __str__(self) -> str:
        return self.number
