"""Inviting people by a link, and coming in through it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from textbank.organizations import audit
from textbank.organizations.models import Invite, Membership, Role, Settings, User
from textbank.organizations.people import NotAllowed, roles_given_by


class NotOpen(Exception):
    """The invite was used up or revoked."""


class ForSomebodyElse(Exception):
    """The invite names an e-mail address, and it is not this person's."""


class HasAccount(Exception):
    """The e-mail address has an account already: its owner signs in, then joins."""


@transaction.atomic
def invite(role: Role, *, by: Membership) -> Invite:
    """A link for many texters, or for one person in a higher role. Raises NotAllowed."""
    if role not in roles_given_by(by):
        raise NotAllowed
    made = Invite.objects.create(organization=by.organization, role=role, once=role > Role.TEXTER, created_by=by)
    audit.record(by.organization, "invited", role.label, by=by, invite=made.pk)
    return made


def links_of(by: Membership) -> QuerySet[Invite]:
    """Those to roles this person may give, open or not: a link is a key."""
    return Invite.objects.filter(organization=by.organization_id, role__in=roles_given_by(by))


def open_links_of(by: Membership) -> QuerySet[Invite]:
    """Those that still let somebody in, newest first."""
    closed = Q(revoked_at__isnull=False) | Q(once=True, used_at__isnull=False)
    return links_of(by).exclude(closed).select_related("created_by__user").order_by("-pk")


@transaction.atomic
def revoke(invite: Invite, *, by: Membership, now: datetime) -> Invite:
    """The invite, closed. Raises NotAllowed."""
    if by.organization_id != invite.organization_id or invite.role not in roles_given_by(by):
        raise NotAllowed
    if not invite.revoked_at:
        invite.revoked_at = now
        invite.save(update_fields=["revoked_at"])
        audit.record(by.organization, "invite revoked", Role(invite.role).label, by=by, invite=invite.pk)
    return invite


@transaction.atomic
def join(invite: Invite, user: User, *, now: datetime) -> Membership:
    """The person's membership, new unless there was one: that stays as it is, its role and suspension too. Whoever is
    new has the approval level that the organization gives to newcomers.

    Raises ForSomebodyElse, NotOpen. Of two people at once only one gets through an invite that is good once.
    """
    invite = Invite.objects.select_for_update().get(pk=invite.pk)
    there = Membership.objects.filter(organization=invite.organization_id, user=user).first()
    if there:
        return there
    _check(invite, user.email)
    approval = Settings.objects.get(organization=invite.organization_id).newcomers_approval
    member, new = Membership.objects.get_or_create(
        organization_id=invite.organization_id, user=user, defaults={"role": invite.role, "approval": approval}
    )
    if new:
        invite.used_at = now
        invite.save(update_fields=["used_at"])
        audit.record(
            member.organization, "joined", member.name, by=member, invite=invite.pk, role=Role(member.role).key
        )
    return member


@transaction.atomic
def sign_up(invite: Invite, *, email: str, password: str, first_name: str, last_name: str, now: datetime) -> Membership:
    """A new person with an account, and in. Raises ForSomebodyElse, NotOpen, HasAccount, and then leaves nothing."""
    _check(invite, email)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, first_name=first_name, last_name=last_name)
    except IntegrityError:
        raise HasAccount from None
    return join(invite, user, now=now)


def _check(invite: Invite, email: str) -> None:
    if not invite.open:
        raise NotOpen
    if invite.email and invite.email.lower() != email.strip().lower():
        raise ForSomebodyElse
