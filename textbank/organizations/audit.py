"""The record of who changed people, settings and opt-outs."""

from typing import Any

from textbank.organizations.models import AuditEntry, Membership, Organization


def record(organization: Organization, did: str, about: object, *, by: Membership | None, **details: Any) -> AuditEntry:
    return AuditEntry.objects.create(organization=organization, by=by, did=did, about=str(about)[:200], details=details)
