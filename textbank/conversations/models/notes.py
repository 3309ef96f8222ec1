from django.db import models
from django.db.models.functions import Now

from textbank.campaigns.models import Step
from textbank.conversations.models.conversation import Conversation
from textbank.conversations.models.handoff import Handoff
from textbank.organizations.models import Membership, Tag


class Answer(models.Model):
    """What a contact said to a step's question."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="answers")
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="answers")
    value = models.CharField(max_length=200)
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("conversation", "step", name="one_answer_per_question")]

    def __str__(self) -> str:
        return self.value


class Tagging(models.Model):
    """A tag on a conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings", db_index=False)
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("conversation", "tag", name="one_tagging_each")]
        indexes = [models.Index("tag", "conversation", name="taggings_by_tag")]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.conversation_id}"


class Draft(models.Model):
    """What somebody was typing: kept on every device, and a sign that they are just answering."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    author = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="drafts")
    text = models.TextField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("conversation", "author", name="one_draft_each")]

    def __str__(self) -> str:
        return self.text[:60]


class Note(models.Model):
    """What somebody was writing when a hand-off took the conversation from them: a word to whoever has it next."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes", db_index=False)
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, related_name="+", db_index=False)
    author = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", db_index=False)
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("conversation", "handoff", name="one_note_per_move")]

    def __str__(self) -> str:
        return self.text[:60]
