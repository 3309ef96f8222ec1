"""The first organization of an installation, and the link by which its owner comes in."""

from django.db import transaction

from textbank.organizations import audit
from textbank.organizations.models import Invite, Organization, Role, Settings


@transaction.atomic
def found(slug: str, name: str, owner_email: str) -> str:
    """Makes the organization and returns its owner's invite link.

    Raises ValidationError, in words, for a slug that is taken, reserved or not a slug.
    """
    organization = Organization(slug=slug, name=name)
    organization.full_clean()
    organization.save()
    Settings.objects.create(organization=organization)
    invite = Invite.objects.create(organization=organization, role=Role.OWNER, email=owner_email.lower(), once=True)
    audit.record(organization, "founded", name, by=None, owner=owner_email)
    return invite.url
