"""What the rules refuse by name, in a sentence for the person who clicked."""

from zoneinfo import ZoneInfo

from textbank.conversations import sending
from textbank.conversations.models import Move
from textbank.organizations.models import Membership
from textbank.web.templatetags.texting import city, clock

# Clicking again will never help.
FINAL = (
    sending.NotYours,
    sending.OptedOut,
    sending.CampaignArchived,
    sending.AlreadySent,
    sending.ClickUsedElsewhere,
)


def say(refusal: sending.Refused, zone: str = "") -> str:
    """The refusal's own sentence; closing time also says when it opens, on the contact's clock where we know it."""
    if isinstance(refusal, sending.OutsideTextingHours) and refusal.opens and zone:
        day = refusal.opens.astimezone(ZoneInfo(zone)).strftime("%A")
        return f"{refusal} It opens on {day} at {clock(refusal.opens, zone)}, {city(zone)} time."
    return str(refusal)


def is_final(refusal: sending.Refused) -> bool:
    return isinstance(refusal, FINAL)


def had(member: Membership, conversation: int) -> bool:
    """Whether this person once had the conversation, and so may hear what became of it."""
    return Move.objects.filter(conversation=conversation, giver=member).exists()
