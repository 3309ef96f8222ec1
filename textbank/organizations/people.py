"""Who is in an organization and in which role: how that changes, and who may change it."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from textbank import news
from textbank.organizations import audit
from textbank.organizations.models import Membership, Organization, Role


class NotAllowed(Exception):
    """An admin changes people below admin, an owner everybody, and nobody suspends themselves."""


class LastOwner(Exception):
    """An organization keeps at least one owner who is not suspended."""


def roles_given_by(by: Membership) -> list[Role]:
    """The roles this person may give, take away and invite to, lowest first."""
    if by.may(Role.OWNER):
        return list(Role)
    return [role for role in Role if role < Role.ADMIN] if by.may(Role.ADMIN) else []


def may_change(member: Membership, *, by: Membership) -> bool:
    return by.organization_id == member.organization_id and member.role in roles_given_by(by)


@transaction.atomic
def change_role(member: Membership, role: Role, *, by: Membership) -> Membership:
    """The member in the new role. Raises NotAllowed, LastOwner."""
    member, by = _look_again(member, by)
    if role not in roles_given_by(by):
        raise NotAllowed
    before = Role(member.role)
    if role == before:
        return member
    member.role = role
    member.save(update_fields=["role"])
    if before == Role.OWNER:
        _keep_an_owner(member.organization)
    audit.record(
        member.organization, "role changed", member.name, by=by, member=member.pk, was=before.key, now=role.key
    )
    return member


@transaction.atomic
def suspend(member: Membership, *, by: Membership, now: datetime) -> Membership:
    """The member, shut out at once. What they hold stays with them. Raises NotAllowed, LastOwner."""
    member, by = _look_again(member, by)
    if member == by:
        raise NotAllowed
    if member.suspended:
        return member
    member.suspended_at = now
    member.save(update_fields=["suspended_at"])
    if member.role == Role.OWNER:
        _keep_an_owner(member.organization)
    audit.record(member.organization, "suspended", member.name, by=by, member=member.pk)
    news.tell([member.pk], "gone")
    return member


@transaction.atomic
def unsuspend(member: Membership, *, by: Membership) -> Membership:
    """The member, in again as before. Raises NotAllowed."""
    member, by = _look_again(member, by)
    if not member.suspended:
        return member
    member.suspended_at = None
    member.save(update_fields=["suspended_at"])
    audit.record(member.organization, "unsuspended", member.name, by=by, member=member.pk)
    return member


def owner_of(organization: int) -> Membership:
    """Whose eyes are lent to what happens by itself: an organization always has an owner who is not suspended."""
    owners = Membership.objects.select_related("user", "organization__settings").active().at_least(Role.OWNER)
    return owners.filter(organization=organization).order_by("pk")[:1].get()


def keep_in(members: Collection[int]) -> set[int]:
    """Those of the members who are not suspended, none of whom can be before this transaction ends.

    To be asked before any conversation is locked, as suspending goes: the member first, then what they hold.
    """
    with connection.cursor() as cursor:
        cursor.execute(KEEP_IN, [list(members)])
        return {pk for (pk,) in cursor.fetchall()}


# Shared: many hand-offs may give to the same people at once, and only suspending waits for them.
KEEP_IN = """
select id from organizations_membership where id = any(%s) and suspended_at is null order by id for share
"""


def _look_again(member: Membership, by: Membership) -> tuple[Membership, Membership]:
    """Both as they are now, with the organization's row locked: two owners must not demote each other at once."""
    Organization.objects.select_for_update(no_key=True).get(pk=member.organization_id)
    are = Membership.objects.select_related("organization", "user").in_bulk([member.pk, by.pk])
    member, by = are[member.pk], are[by.pk]
    if not may_change(member, by=by):
        raise NotAllowed
    return member, by


def _keep_an_owner(organization: Organization) -> None:
    if not organization.memberships.active().at_least(Role.OWNER).exists():
        raise LastOwner
