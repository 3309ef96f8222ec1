"""How many wear a tag, and what would become of them if it were another kind, or gone."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q

from textbank.conversations.models import Conversation, Tagging
from textbank.organizations.models import Tag


class Wearing(NamedTuple):
    """Conversations that wear it, those of them that texters have, and those no other tag escalates."""

    worn: int
    held: int
    alone: int


def worn(tags: Iterable[Tag]) -> dict[int, int]:
    """How many conversations wear each of these, in one statement."""
    ids = [tag.pk for tag in tags]
    counts = Tagging.objects.filter(tag__in=ids).values_list("tag").annotate(count=Count("*"))
    return dict.fromkeys(ids, 0) | dict(counts)


def wearing(tag: Tag) -> Wearing:
    others = Tagging.objects.filter(conversation=OuterRef("pk"), tag__assignable=False).exclude(tag=tag)
    found = Conversation.objects.filter(taggings__tag=tag).aggregate(
        worn=Count("pk"), held=Count("pk", filter=Q(texter__isnull=False)), alone=Count("pk", filter=~Exists(others))
    )
    return Wearing(**found)
