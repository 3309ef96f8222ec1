"""Who is writing just now: by the drafts that were touched within their lease."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from django.db.models import F, Q

from textbank.assignments.judging import judged
from textbank.assignments.plans import Plan
from textbank.conversations.drafting import LEASE
from textbank.conversations.models import Conversation, Draft
from textbank.organizations.models import Membership


def writing_in(thread: Conversation, now: dt.datetime, *, but: Membership) -> list[Membership]:
    """Who else is writing to this contact, whoever has the conversation first."""
    drafts = Draft.objects.filter(conversation=thread, touched_at__gt=now - LEASE).exclude(author=but)
    people = [draft.author for draft in drafts.select_related("author__user").order_by("pk")]
    return sorted(people, key=lambda who: who.pk != thread.texter_id)


def beside(plan: Plan) -> Mapping[Membership, int]:
    """Who is writing in conversations that the plan would move, but are somebody else's, and in how many.

    A hand-off leaves that be: it takes nothing from them. One statement where nobody writes.
    """
    drafts = Draft.objects.filter(touched_at__gt=plan.now - LEASE, author__organization=plan.by.organization_id)
    others = drafts.exclude(author=F("conversation__texter"))
    found = list(others.select_related("author__user"))
    if not found:
        return {}
    there = judged(plan.conversations.among({draft.conversation_id for draft in found}), plan)
    moving = set(there.filter(Q(stays=None)).values_list("pk", flat=True))
    return Counter(draft.author for draft in found if draft.conversation_id in moving)
