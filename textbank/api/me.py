"""Whom the token acts as."""

from ninja import Router

from textbank.access import MemberRequest
from textbank.api.errors import REFUSALS
from textbank.api.shapes import Me, Organization
from textbank.organizations.models import Role
from textbank.reports.answers import person

router = Router()


@router.get("/me", response={200: Me, **REFUSALS})
def me(request: MemberRequest) -> Me:
    """The member whose token this is."""
    member = request.member
    return Me(
        member=person(member),
        email=member.user.email,
        role=Role(member.role).key,
        organization=Organization(slug=member.organization.slug, name=member.organization.name),
    )
