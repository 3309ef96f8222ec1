"""The first organization of an installation, and the link by which its owner comes in."""

from django.db import transaction

from textbank.messaging.models import MessagingService, SenderNumber
from textbank.organizations import audit
from textbank.organizations.models import Invite, Organization, Role, Settings

# Texts go out from it until there is an account with a carrier: nobody has it, and its network reaches nobody.
SIMULATED = "+15005550100"


@transaction.atomic
def found(slug: str, name: str, owner_email: str) -> str:
    """Makes the organization, with a simulated carrier to practise on, and returns its owner's invite link.

    Raises ValidationError, in words, for a slug that is taken, reserved or not a slug.
    """
    organization = Organization(slug=slug, name=name)
    organization.full_clean()
    organization.save()
    Settings.objects.create(organization=organization)
    service = MessagingService.objects.create(organization=organization, name="Simulator (reaches nobody)")
    SenderNumber.objects.create(service=service, number=SIMULATED)
    invite = Invite.objects.create(organization=organization, role=Role.OWNER, email=owner_email.lower(), once=True)
    audit.record(organization, "founded", name, by=None, owner=owner_email)
    return invite.url
