"""Who there is: organizations, their people, teams and tags."""

from textbank.organizations.models.audit import AuditEntry
from textbank.organizations.models.invite import Invite
from textbank.organizations.models.membership import Membership, Role
from textbank.organizations.models.organization import Approval, Gives, Organization, Settings
from textbank.organizations.models.presence import Presence
from textbank.organizations.models.tag import Colour, Tag
from textbank.organizations.models.team import Team
from textbank.organizations.models.token import Token
from textbank.organizations.models.user import User

__all__ = [
    "Approval",
    "AuditEntry",
    "Colour",
    "Gives",
    "Invite",
    "Membership",
    "Organization",
    "Presence",
    "Role",
    "Settings",
    "Tag",
    "Team",
    "Token",
    "User",
]
