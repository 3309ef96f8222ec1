"""The threads, what is in them, and how they change hands."""

from textbank.conversations.models.conversation import Activity, Conversation, Status
from textbank.conversations.models.handoff import Action, Handoff, LeftAlone, Move, State
from textbank.conversations.models.message import (
    Direction,
    EarlyReport,
    Kind,
    Message,
    MessageStatus,
    StrayText,
)
from textbank.conversations.models.notes import Answer, Draft, Note, Tagging
from textbank.conversations.models.saved_filter import SavedFilter

__all__ = [
    "Action",
    "Activity",
    "Answer",
    "Conversation",
    "Direction",
    "Draft",
    "EarlyReport",
    "Handoff",
    "Kind",
    "LeftAlone",
    "Message",
    "MessageStatus",
    "Move",
    "Note",
    "SavedFilter",
    "State",
    "Status",
    "StrayText",
    "Tagging",
]
