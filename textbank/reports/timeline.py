"""Through whose hands a conversation went."""

from django.db.models import Q, QuerySet

from textbank.conversations.models import Action, Conversation, Move


def timeline(conversation: Conversation) -> QuerySet[Move]:
    """Its changes of hands, oldest first, each with who did it, from whom, to whom.

    One that was in the pool when it was escalated changed no hands, and still it was escalated.
    """
    happened = Q(left_alone=None) | Q(handoff__action=Action.ESCALATE)
    people = ("handoff__by__user", "giver__user", "receiver__user")
    return Move.objects.filter(happened, conversation=conversation).select_related(*people).order_by("pk")
