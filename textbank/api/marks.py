"""Many conversations are closed, reopened, tagged, untagged or resolved in one step."""

from typing import Annotated

from django.http import Http404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, StrictBool

from textbank.access import MemberRequest
from textbank.api.conversations import tags_of
from textbank.api.door import NotUnderstood, supervolunteers
from textbank.api.errors import REFUSALS
from textbank.api.shapes import Id, Said
from textbank.assignments import labelling
from textbank.conversations import closing
from textbank.conversations.models import Conversation
from textbank.organizations.models import Membership

router = Router(auth=supervolunteers)

Tags = Annotated[list[Id], Field(max_length=100)]


class Mark(Said):
    """Which, and one thing to be done with them all."""

    conversations: Annotated[list[Id], Field(min_length=1, max_length=closing.MOST)]
    close: StrictBool = False
    reopen: StrictBool = False
    tag: Tags = []
    untag: Tags = []
    resolve: StrictBool = False


class Marked(BaseModel):
    """`unchanged` ones were so already, or, to be reopened, have opted out."""

    changed: int
    unchanged: int


ACTS = {"close": closing.close_all, "reopen": closing.reopen_all, "resolve": labelling.resolve}
TAGGING = {"tag": labelling.label, "untag": labelling.unlabel}


@router.post("/conversations/marks", response={200: Marked, **REFUSALS})
def mark(request: MemberRequest, said: Mark) -> Marked:
    """One of `close`, `reopen`, `resolve` (true), `tag` and `untag` (ids of tags) for all of these conversations."""
    wanted = [name for name in (*ACTS, *TAGGING) if getattr(said, name)]
    if len(wanted) != 1:
        raise NotUnderstood(body="Say one thing to be done: close, reopen, resolve, tag or untag.")
    ids, do = visible(request.member, said.conversations), wanted[0]
    if do in TAGGING:
        tags = tags_of(request.member, getattr(said, do))
        changed = TAGGING[do](ids, tags, by=request.member, now=timezone.now())
    else:
        changed = ACTS[do](ids, by=request.member, now=timezone.now())
    return Marked(changed=changed, unchanged=len(ids) - changed)


def visible(viewer: Membership, ids: list[int]) -> list[int]:
    """Each once. Raises Http404 if one is of another organization."""
    once = list(dict.fromkeys(ids))
    if Conversation.objects.visible_to(viewer).among(once).count() != len(once):
        raise Http404
    return once
