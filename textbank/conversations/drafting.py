"""What somebody was typing is kept, on every device of theirs."""

import datetime as dt

from textbank.conversations.models import Conversation, Draft
from textbank.organizations.models import Membership


def keep(conversation: Conversation, text: str, *, by: Membership, now: dt.datetime) -> None:
    """Keeps the draft, but for NUL characters, which no text of ours can hold; an empty one is forgotten."""
    text = text.replace("\0", "")
    if text.strip():
        Draft.objects.update_or_create(conversation=conversation, author=by, defaults={"text": text, "touched_at": now})
    else:
        Draft.objects.filter(conversation=conversation, author=by).delete()
