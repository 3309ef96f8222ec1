"""Who may come in: the one place that turns a request into a member of an organization.

What another organization owns does not exist (404); what one's role does not reach is refused (403).
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from textbank import prepared
from textbank.organizations import presence
from textbank.organizations.models import Membership, Organization, Role, Settings, Token, User
from textbank.organizations.models.token import digest
from textbank.prepared import Columns

# How often it is written down that a token is in use: with every request, reading would cost what writing does.
NOTICED = dt.timedelta(minutes=1)


class MemberRequest(HttpRequest):
    """A request of somebody who was let in."""

    member: Membership


Page = Callable[Concatenate[MemberRequest, ...], HttpResponse]


def membership(user_id: int, slug: str) -> Membership:
    """The person's membership there. Raises Http404 for a stranger, PermissionDenied for somebody suspended."""
    member = (
        Membership.objects.select_related("user", "organization__settings", "presence")
        .filter(user_id=user_id, organization__slug=slug)
        .first()
    )
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
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = membership(request.user.pk, org)
            if not member.may(role):
                raise PermissionDenied(f"This page is for {role.label.lower()}s and above.")
            request = cast(MemberRequest, request)
            request.member = member
            presence.seen(member, timezone.now())
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
MEMBER = Columns(Membership, "m")
USER = Columns(User, "u", "id", "email", "first_name", "last_name")
ORGANIZATION = Columns(Organization, "o")
SETTINGS = Columns(Settings, "s")
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
