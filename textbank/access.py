"""Who may come in: the one place that turns a request into a member of an organization.

What another organization owns does not exist (404); what one's role does not reach is refused (403).
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from textbank import prepared
from textbank.conversations.snapshots import Snapshot
from textbank.organizations import presence
from textbank.organizations.models import Membership, Organization, Presence, Role, Settings, Token, User
from textbank.organizations.models.token import digest
from textbank.prepared import Columns

# How often it is written down that a token is in use: with every request, reading would cost what writing does.
NOTICED = dt.timedelta(minutes=1)


class MemberRequest(HttpRequest):
    """A request of somebody who was let in. Whatever it reads was to be `seen` then, or changed since."""

    member: Membership
    seen: Snapshot


Page = Callable[Concatenate[MemberRequest, ...], HttpResponse]


PERSON = Columns(User, "u")
MEMBER = Columns(Membership, "m")
ORGANIZATION = Columns(Organization, "o")
SETTINGS = Columns(Settings, "s")
PRESENCE = Columns(Presence, "p")
KNOWN = f"""
select pg_current_snapshot()::text, {PERSON}, {MEMBER}, {ORGANIZATION}, {SETTINGS}, {PRESENCE}
from organizations_user u
    left join organizations_membership m on m.user_id = u.id
    left join organizations_organization o on o.id = m.organization_id
    left join organizations_settings s on s.organization_id = o.id
    left join organizations_presence p on p.membership_id = m.id
where u.id = %(user)s and u.is_active
"""  # noqa: S608 - the names of columns


class Backend(AuthenticationBackend):
    """Signs people in as allauth does; whose a session is comes with all their memberships: pages ask for both."""

    def get_user(self, user_id: int) -> User | None:
        user, known = None, {}
        for row in map(iter, prepared.rows(KNOWN, {"user": user_id})):
            seen, user = next(row), PERSON.take(row)
            user.seen = seen
            member, organization = MEMBER.take(row), ORGANIZATION.take(row)
            organization.settings, presence = SETTINGS.take(row), PRESENCE.take(row)
            member.user, member.organization = user, organization
            if presence.membership_id:
                member.presence = presence
            if member.pk:
                known[organization.slug] = member
        if user:
            user.by_slug = known
        return user


def membership(user: User, slug: str) -> Membership:
    """The person's membership there. Raises Http404 for a stranger, PermissionDenied for somebody suspended."""
    member = user.by_slug.get(slug)
    if member is None:
        raise Http404("There is no such organization among yours.")
    if member.suspended:
        raise PermissionDenied(f"Your membership of {member.organization.name} is suspended. Ask one of its admins.")
    return member


def door(role: Role) -> Callable[[Page], Callable[..., HttpResponse]]:
    """The frame of a page: its address begins with the organization's slug, and it takes a role to open.

    Signed out: on to the sign-in page and back. The door itself carries `role`, which the table of doors reads.
    """

    def frame(page: Page) -> Callable[..., HttpResponse]:
        @wraps(page)
        def opened(request: HttpRequest, org: str, *args: Any, **kwargs: Any) -> HttpResponse:
            user = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = membership(user, org)
            if not member.may(role):
                raise PermissionDenied(f"This page is for {role.label.lower()}s and above.")
            request, now = cast(MemberRequest, request), timezone.now()
            request.member, request.seen = member, Snapshot(user.seen, now)
            presence.seen(member, now)
            return page(request, *args, **kwargs)

        opened.role = role  # type: ignore[attr-defined]
        return opened

    return frame


def handing_on_door(page: Page) -> Callable[..., HttpResponse]:
    """A door for whoever may reassign: admins, and supervolunteers where the organization lets them."""

    @wraps(page)
    def checked(request: MemberRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.member.may_hand_on:
            raise PermissionDenied("Reassigning is for admins here.")
        return page(request, *args, **kwargs)

    return door(Role.SUPERVOLUNTEER)(checked)


TOKEN = Columns(Token, "t", "id", "last_used_at")
USER = Columns(User, "u", "id", "email", "first_name", "last_name")
# Every call of the API begins with it.
BEARER = f"""
select {TOKEN}, {MEMBER}, {USER}, {ORGANIZATION}, {SETTINGS}
from organizations_token t
    join organizations_membership m on m.id = t.membership_id
    join organizations_user u on u.id = m.user_id
    join organizations_organization o on o.id = m.organization_id
    join organizations_settings s on s.organization_id = o.id
where t.digest = %(digest)s and t.revoked_at is null and m.suspended_at is null and u.is_active
"""  # noqa: S608 - the names of columns


def bearer(word: str, now: dt.datetime) -> Membership | None:
    """Whom a token acts as; nobody for one that is unknown, revoked, or of somebody suspended."""
    row = prepared.row(BEARER, {"digest": digest(word)})
    if row is None:
        return None
    token, member = TOKEN.take(row), MEMBER.take(row)
    member.user, member.organization = USER.take(row), ORGANIZATION.take(row)
    member.organization.settings = SETTINGS.take(row)
    if token.last_used_at is None or token.last_used_at < now - NOTICED:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return member
