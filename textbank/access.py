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

from textbank.organizations import presence
from textbank.organizations.models import Membership, Role, Token
from textbank.organizations.models.token import digest

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


def bearer(word: str, now: dt.datetime) -> Membership | None:
    """Whom a token acts as; nobody for one that is unknown, revoked, or of somebody suspended."""
    token = (
        Token.objects.select_related("membership__user", "membership__organization__settings")
        .filter(digest=digest(word), revoked_at=None, membership__suspended_at=None, membership__user__is_active=True)
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or token.last_used_at < now - NOTICED:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.membership
