"""What every page's frame shows: who is here, of which organization, and where they may go."""

from typing import Any

from django.http import HttpRequest


def frame(request: HttpRequest) -> dict[str, Any]:
    member = getattr(request, "member", None)
    return {"member": member, "organization": member.organization if member else None}
