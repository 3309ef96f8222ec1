"""The REST API: its calls, a file for each resource, and its document at /api/v1/openapi.json."""

from ninja import NinjaAPI

from textbank.api import (
    campaigns,
    contacts,
    control,
    conversations,
    errors,
    filters,
    handoffs,
    invites,
    marks,
    me,
    members,
    messages,
    releases,
    requests,
    schedules,
    settings,
    tags,
    teams,
    texter,
)
from textbank.api.door import CarefulParser, nothing_unknown, texters

DESCRIPTION = """
Send `Authorization: Bearer …` with a token (`textbank token EMAIL --org SLUG` prints one): it acts as one member of one
organization, and what another organization owns does not exist (404). Every refusal is
`{"error": {"code", "message", "fields"}}`. Lists are paged: follow `next` until it is null.
"""

api = NinjaAPI(
    title="Textbank",
    version="1",
    description=DESCRIPTION.strip(),
    urls_namespace="api",
    auth=texters,
    parser=CarefulParser(),
)
api.add_decorator(nothing_unknown)
errors.speak_for(api)
for name, resource in (
    ("Me", me),
    ("Members", members),
    ("Members", invites),
    ("Teams", teams),
    ("Assignment Control", control),
    ("Campaigns", campaigns),
    ("Contacts", contacts),
    ("Conversations", conversations),
    ("Conversations", marks),
    ("Filters", filters),
    ("Messages", messages),
    ("Hand-offs", handoffs),
    ("Hand-offs", releases),
    ("Tags", tags),
    ("Requests", requests),
    ("Schedules", schedules),
    ("Texter", texter),
    ("Settings", settings),
):
    api.add_router("", resource.router, tags=[name])
