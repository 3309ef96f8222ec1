"""Who may open which door: every route, walked by everybody.

A new route is a line more in DOORS: the method, the address with what it names in braces, and who is let in.
"""

import datetime as dt
import re
from http.cookies import SimpleCookie

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils import timezone
from django.utils.http import int_to_base36

from textbank.api.v1 import api
from textbank.assignments import automatic, giving_back
from textbank.assignments.models import Request, Schedule
from textbank.contacts.models import Upload
from textbank.conversations import saving
from textbank.conversations.filters import Filter
from textbank.conversations.models import Handoff, Status
from textbank.organizations import joining, teams
from textbank.organizations.models import Role, Tag, Token

# What becomes of each: `in`, on to `sign-in`, or refused by number. Zed is another organization's admin, Stu was
# this one's owner until he was suspended, Tess has the conversation and Theo has not. `own`: where the address names
# something of Riverton it is not there for Zed (404); where it names nothing he is let in, to what is his own.
AUDIENCES = """
                       nobody   zed  stu  theo  tess  sue  ada  olga
anybody                in       in   in   in    in    in   in   in
people                 sign-in  in   in   in    in    in   in   in
carriers               403      403  403  403   403   403  403  403
members                sign-in  404  403  in    in    in   in   in
who-has-it             sign-in  404  403  404   in    in   in   in
who-lost-it            sign-in  404  403  404   404   404  404  404
whose-it-is            sign-in  404  403  404   in    404  404  404
supervolunteers        sign-in  404  403  403   403   in   in   in
who-hands-on           sign-in  404  403  403   403   403  in   in
who-shares             sign-in  404  403  403   403   403  in   in
admins                 sign-in  404  403  403   403   403  in   in
owners                 sign-in  404  403  403   403   403  403  in
api-members            401      own  401  in    in    in   in   in
api-who-has-it         401      own  401  404   in    in   in   in
api-whose-it-is        401      own  401  404   in    404  404  404
api-supervolunteers    401      own  401  403   403   in   in   in
api-admins             401      own  401  403   403   403  in   in
api-owners             401      403  401  403   403   403  403  in
"""

DOORS = """
GET   /healthz                                                       anybody
GET   /readyz                                                        anybody
POST  /webhooks/{provider}/{service}/inbound                         carriers
POST  /webhooks/{provider}/{service}/status                          carriers

GET   /                                                              people
GET   /join/{code}/                                                  anybody
POST  /join/{code}/                                                  anybody
GET   /accounts/login/                                               anybody
POST  /accounts/login/                                               anybody
GET   /accounts/logout/                                              anybody
GET   /accounts/inactive/                                            anybody
GET   /accounts/password/change/                                     people
POST  /accounts/password/change/                                     people
GET   /accounts/password/reset/                                      anybody
GET   /accounts/password/reset/done/                                 anybody
GET   /accounts/password/reset/key/{uid}-{key}/                      anybody
GET   /accounts/password/reset/key/done/                             anybody

GET   /{org}/live-ticket                                             members

GET   /{org}/                                                        members
GET   /{org}/ask/                                                    members
POST  /{org}/ask/                                                    members
POST  /{org}/ask/{request}/withdraw/                                 whose-it-is
GET   /{org}/done-for-the-day/                                       members
POST  /{org}/done-for-the-day/                                       members
POST  /{org}/given-back/{gave}/undo/                                 whose-it-is
GET   /{org}/first-messages/                                         members
GET   /{org}/first-messages/cards                                    members
GET   /{org}/replies/                                                members
GET   /{org}/past/                                                   members
GET   /{org}/conversations/{conversation}/                           who-has-it
POST  /{org}/conversations/{conversation}/reply/                     who-has-it
POST  /{org}/conversations/{conversation}/answer/                    who-has-it     step={step}&value=Yes
POST  /{org}/conversations/{conversation}/draft/                     who-has-it
POST  /{org}/conversations/{conversation}/pass-on/                   who-lost-it    text=Hello
POST  /{org}/conversations/{conversation}/tag/                       who-has-it     tag={tag}&on=yes
POST  /{org}/conversations/{conversation}/escalate/                  who-has-it
POST  /{org}/conversations/{conversation}/pin/                       who-has-it     on=yes
GET   /{org}/conversations/{conversation}/give-back/                 whose-it-is
POST  /{org}/conversations/{conversation}/give-back/                 whose-it-is    reason=Why
POST  /{org}/conversations/{conversation}/opt-out/                   who-has-it
POST  /{org}/conversations/{conversation}/close/                     who-has-it
POST  /{org}/conversations/{conversation}/reopen/                    who-has-it

GET   /{org}/admin/                                                  supervolunteers
GET   /{org}/admin/campaigns/                                        supervolunteers
GET   /{org}/admin/campaigns/{campaign}/                             supervolunteers
GET   /{org}/admin/campaigns/new/                                    admins
POST  /{org}/admin/campaigns/new/                                    admins
GET   /{org}/admin/campaigns/{campaign}/edit/                        admins
POST  /{org}/admin/campaigns/{campaign}/edit/                        admins
GET   /{org}/admin/campaigns/{campaign}/contacts/                    admins
POST  /{org}/admin/campaigns/{campaign}/contacts/                    admins
GET   /{org}/admin/campaigns/{campaign}/contacts/{upload}/           admins
GET   /{org}/admin/campaigns/{campaign}/contacts/{upload}/left-out.csv  admins
GET   /{org}/admin/campaigns/{campaign}/script/                      admins
POST  /{org}/admin/campaigns/{campaign}/script/                      admins
POST  /{org}/admin/campaigns/{campaign}/start/                       admins
POST  /{org}/admin/campaigns/{campaign}/pause/                       admins
POST  /{org}/admin/campaigns/{campaign}/resume/                      admins
POST  /{org}/admin/campaigns/{campaign}/archive/                     admins
POST  /{org}/admin/campaigns/{campaign}/unarchive/                   admins
POST  /{org}/admin/campaigns/{campaign}/autoassign/                  admins
GET   /{org}/admin/campaigns/{campaign}/release-unsent/              admins
POST  /{org}/admin/campaigns/{campaign}/release-unsent/              admins
GET   /{org}/admin/campaigns/{campaign}/release-unreplied/           admins
POST  /{org}/admin/campaigns/{campaign}/release-unreplied/           admins
GET   /{org}/admin/campaigns/release-unhandled/                      admins
POST  /{org}/admin/campaigns/release-unhandled/                      admins

GET   /{org}/admin/assignment-requests/                              supervolunteers
POST  /{org}/admin/assignment-requests/decide/                       supervolunteers
GET   /{org}/admin/campaigns/{campaign}/hand-out/                    admins
POST  /{org}/admin/campaigns/{campaign}/hand-out/                    admins
GET   /{org}/admin/schedules/                                        admins
POST  /{org}/admin/schedules/new/                                    admins
POST  /{org}/admin/schedules/{schedule}/pause/                       admins
POST  /{org}/admin/schedules/{schedule}/resume/                      admins
POST  /{org}/admin/schedules/{schedule}/delete/                      admins

GET   /{org}/admin/message-review/                                   supervolunteers
GET   /{org}/admin/message-review/count/                             supervolunteers
GET   /{org}/admin/message-review/since/                             supervolunteers
GET   /{org}/admin/message-review/since/count/                       supervolunteers
GET   /{org}/admin/message-review/choices/{kind}/                    supervolunteers
POST  /{org}/admin/message-review/receivers/                         who-hands-on
POST  /{org}/admin/message-review/mark/                              supervolunteers
POST  /{org}/admin/message-review/plan/                              who-hands-on
POST  /{org}/admin/message-review/hand-on/                           who-hands-on
GET   /{org}/admin/message-review/filters/save/                      supervolunteers
POST  /{org}/admin/message-review/filters/save/                      supervolunteers
GET   /{org}/admin/message-review/filters/{filter}/                  who-shares
POST  /{org}/admin/message-review/filters/{filter}/                  who-shares
POST  /{org}/admin/message-review/filters/{filter}/delete/           who-shares
GET   /{org}/admin/message-review/{conversation}/                    supervolunteers
POST  /{org}/admin/message-review/{conversation}/resolve/            admins
POST  /{org}/admin/message-review/{conversation}/opt-in/             admins
GET   /{org}/admin/escalated-convos/                                 admins
GET   /{org}/admin/escalated-convos/badge/                           admins

GET   /{org}/admin/handoffs/                                         admins
GET   /{org}/admin/handoffs/{handoff}/                               admins
GET   /{org}/admin/handoffs/{handoff}/moves.csv                      admins
GET   /{org}/admin/handoffs/{handoff}/standing/                      who-hands-on
POST  /{org}/admin/handoffs/{handoff}/stop/                          who-hands-on
GET   /{org}/admin/handoffs/{handoff}/undo/                          who-hands-on
POST  /{org}/admin/handoffs/{handoff}/undo/                          who-hands-on

GET   /{org}/admin/people/                                           admins
GET   /{org}/admin/people/invites/                                   admins
POST  /{org}/admin/people/invites/                                   admins
POST  /{org}/admin/people/invites/{invite}/revoke/                   admins
GET   /{org}/admin/people/{person}/                                  admins
POST  /{org}/admin/people/allot/                                     admins
POST  /{org}/admin/people/{person}/allot/                            admins
POST  /{org}/admin/people/{person}/role/                             admins
GET   /{org}/admin/people/{person}/suspend/                          admins
POST  /{org}/admin/people/{person}/suspend/                          admins
GET   /{org}/admin/people/{person}/hand-on/                          admins
POST  /{org}/admin/people/{person}/hand-on/                          admins
POST  /{org}/admin/people/{person}/unsuspend/                        admins
GET   /{org}/admin/people/{person}/hand-on/                          admins
POST  /{org}/admin/people/{person}/hand-on/                          admins

GET   /{org}/admin/teams/                                            admins
GET   /{org}/admin/teams/new/                                        admins
POST  /{org}/admin/teams/new/                                        admins
GET   /{org}/admin/teams/{team}/                                     admins
POST  /{org}/admin/teams/{team}/                                     admins
GET   /{org}/admin/teams/{team}/delete/                              admins
POST  /{org}/admin/teams/{team}/delete/                              admins
GET   /{org}/admin/assignment-control/                               admins
POST  /{org}/admin/assignment-control/                               admins         rows=general
GET   /{org}/admin/tags/                                             admins
GET   /{org}/admin/tags/new/                                         admins
POST  /{org}/admin/tags/new/                                         admins
GET   /{org}/admin/tags/{tag}/                                       admins
POST  /{org}/admin/tags/{tag}/                                       admins
GET   /{org}/admin/tags/{tag}/delete/                                admins
POST  /{org}/admin/tags/{tag}/delete/                                admins

GET   /{org}/admin/settings/                                         owners
POST  /{org}/admin/settings/                                         owners

GET   /api/v1/                                                       anybody
GET   /api/v1/docs                                                   anybody
GET   /api/v1/openapi.json                                           anybody
GET   /api/v1/me                                                     api-members
GET   /api/v1/members                                                api-admins
POST  /api/v1/members/{person}/suspend                               api-admins     {"then": "leave"}
POST  /api/v1/members/{person}/unsuspend                             api-admins
POST  /api/v1/members/{person}/role                                  api-admins     {"role": "texter"}
GET   /api/v1/invites                                                api-admins
POST  /api/v1/invites                                                api-admins     {"role": "texter"}
POST  /api/v1/invites/{invite}/revoke                                api-admins
PATCH /api/v1/members/{person}                                       api-admins     {}
POST  /api/v1/members/allot                                          api-admins     {}
GET   /api/v1/assignment-control                                     api-admins
PATCH /api/v1/assignment-control                                     api-admins     {}
GET   /api/v1/teams                                                  api-supervolunteers
POST  /api/v1/teams                                                  api-admins     {"title": "Leads"}
GET   /api/v1/teams/{team}                                           api-supervolunteers
PATCH /api/v1/teams/{team}                                           api-admins     {}
DELETE /api/v1/teams/{team}                                          api-admins
GET   /api/v1/campaigns                                              api-supervolunteers
POST  /api/v1/campaigns                                              api-admins
GET   /api/v1/campaigns/{campaign}                                   api-supervolunteers
PATCH /api/v1/campaigns/{campaign}                                   api-admins     {}
POST  /api/v1/campaigns/{campaign}/start                             api-admins
POST  /api/v1/campaigns/{campaign}/pause                             api-admins
POST  /api/v1/campaigns/{campaign}/resume                            api-admins
POST  /api/v1/campaigns/{campaign}/archive                           api-admins
POST  /api/v1/campaigns/{campaign}/unarchive                         api-admins
POST  /api/v1/campaigns/{campaign}/contacts                          api-admins     file
GET   /api/v1/uploads/{upload}                                       api-admins
GET   /api/v1/conversations                                          api-members
GET   /api/v1/conversations/{conversation}                           api-who-has-it
POST  /api/v1/conversations/marks                                    api-supervolunteers
POST  /api/v1/conversations/{conversation}/messages                  api-members    {"client_id": "{uuid}"}
POST  /api/v1/conversations/{conversation}/close                     api-who-has-it
POST  /api/v1/conversations/{conversation}/reopen                    api-who-has-it
POST  /api/v1/conversations/{conversation}/opt-out                   api-who-has-it
POST  /api/v1/conversations/{conversation}/opt-in                    api-admins     {"reason": "Asked."}
POST  /api/v1/conversations/{conversation}/tags                      api-who-has-it {}
POST  /api/v1/conversations/{conversation}/escalate                  api-who-has-it
POST  /api/v1/conversations/{conversation}/give-back                 api-who-has-it {"reason": "Why"}
POST  /api/v1/conversations/{conversation}/pin                       api-who-has-it
POST  /api/v1/conversations/{conversation}/unpin                     api-who-has-it
PUT   /api/v1/conversations/{conversation}/answers                   api-who-has-it {"step": {step}, "value": "Yes"}
GET   /api/v1/filters                                                api-supervolunteers
POST  /api/v1/filters                                                api-supervolunteers
PATCH /api/v1/filters/{filter}                                       api-admins     {"title": "Stuck"}
DELETE /api/v1/filters/{filter}                                      api-admins
GET   /api/v1/tags                                                   api-members
POST  /api/v1/tags                                                   api-admins     {"title": "French"}
PATCH /api/v1/tags/{tag}                                             api-admins     {"title": "French"}
DELETE /api/v1/tags/{tag}                                            api-admins
GET   /api/v1/requests                                               api-supervolunteers
POST  /api/v1/requests/{request}/approve                             api-supervolunteers
POST  /api/v1/requests/{request}/deny                                api-supervolunteers
GET   /api/v1/schedules                                              api-admins
POST  /api/v1/schedules                api-admins     {"releases": "unsent", "time": "21:05", "weekdays": [0]}
PATCH /api/v1/schedules/{schedule}                                   api-admins     {"paused": true}
DELETE /api/v1/schedules/{schedule}                                  api-admins
POST  /api/v1/handoffs                                               api-admins
GET   /api/v1/handoffs                                               api-admins
GET   /api/v1/handoffs/{handoff}                                     api-admins
GET   /api/v1/handoffs/{handoff}/moves                               api-admins
GET   /api/v1/handoffs/{handoff}/moves.csv                           api-admins
POST  /api/v1/handoffs/{handoff}/undo                                api-admins     {}
POST  /api/v1/handoffs/{handoff}/stop                                api-admins
POST  /api/v1/campaigns/{campaign}/release-unsent                    api-admins     {}
POST  /api/v1/campaigns/{campaign}/release-unreplied                 api-admins     {"idle_minutes": 60}
POST  /api/v1/release-unhandled                                      api-admins     {"idle_minutes": 60}
GET   /api/v1/texter/queue                                           api-members
GET   /api/v1/texter/offer                                           api-members
POST  /api/v1/texter/requests                                        api-members    {"count": 1}
GET   /api/v1/texter/requests/{request}                              api-whose-it-is
DELETE /api/v1/texter/requests/{request}                             api-whose-it-is
POST  /api/v1/texter/done-for-the-day                                api-members
POST  /api/v1/texter/handoffs/{gave}/undo                            api-whose-it-is
GET   /api/v1/settings                                               api-owners
PATCH /api/v1/settings                                               api-owners     {}
"""

WHO = AUDIENCES.split("\n", 2)[1].split()
COLUMNS = {name: dict(zip(WHO, columns, strict=True)) for name, *columns in map(str.split, AUDIENCES.split("\n")[2:-1])}
ROLES = {
    "members": Role.TEXTER,
    "who-has-it": Role.TEXTER,
    # Nobody has lost this one: what becomes of who did is told elsewhere.
    "who-lost-it": Role.TEXTER,
    "whose-it-is": Role.TEXTER,
    "supervolunteers": Role.SUPERVOLUNTEER,
    # An organization may let its supervolunteers reassign; unless it says so they are refused behind the door.
    "who-hands-on": Role.SUPERVOLUNTEER,
    # What is saved for everybody is changed by admins, one's own by oneself.
    "who-shares": Role.SUPERVOLUNTEER,
    "admins": Role.ADMIN,
    "owners": Role.OWNER,
}
LINES = [tuple(line.split(None, 3)) for line in DOORS.split("\n") if line]


def nameless(address):
    """The same for `/{org}/past/`, `/<slug:org>/past/` and its like among regular expressions."""
    return "/" + re.sub(r"\{\w+\}|<[^>]*>|\(\?P<\w+>[^)]*\)", "*", address).strip("^$").lstrip("/")


def routes(resolver=None, before=""):
    """Every route of the URLconf: its address, and what answers there."""
    for route in (resolver or get_resolver()).url_patterns:
        address = before + str(route.pattern)
        if isinstance(route, URLPattern):
            yield nameless(address), route.callback
        else:
            yield from routes(route, address)


def test_every_route_is_in_the_table():
    listed = {nameless(address) for _, address, *_ in LINES}
    there = {address for address, _ in routes()}

    assert sorted(there - listed) == []
    assert sorted(listed - there) == []


def test_every_call_of_the_api_is_in_the_table():
    calls = {
        (method.upper(), nameless(address))
        for address, methods in api.get_openapi_schema()["paths"].items()
        for method in methods
    }

    assert sorted(calls - {(method, nameless(address)) for method, address, *_ in LINES}) == []


def test_every_page_of_an_organization_carries_the_role_that_the_table_says():
    roles = {address: getattr(callback, "role", None) for address, callback in routes()}

    wrong = [
        f"{address}: {audience} in the table, {roles[nameless(address)]!r} on the door"
        for _, address, audience, *_ in LINES
        if address.startswith("/{org}/") and roles[nameless(address)] != ROLES[audience]
    ]
    assert wrong == []


@pytest.fixture
def named(riverton, otherton):
    """What the table's names in braces stand for, and Stu, who was an owner."""
    campaign = riverton.campaign(contacts=1)
    waiting = {"status": Status.NEEDS_RESPONSE, "waiting_since": timezone.now()}
    [thread] = riverton.conversations(campaign, holder=riverton.tess, **waiting)
    [given] = riverton.conversations(campaign, holder=riverton.tess, **waiting)
    gave = giving_back.give_back(given, by=riverton.tess, reason="I have to go", now=timezone.now())
    invite = joining.invite(Role.TEXTER, by=riverton.ada)
    riverton.person("Stu", Role.OWNER)
    riverton.stu.suspended_at = timezone.now()
    riverton.stu.save()
    return {
        "org": "riverton",
        "provider": "simulator",
        "service": riverton.service.pk,
        "code": invite.code,
        "uid": int_to_base36(riverton.tess.user.pk),
        "key": default_token_generator.make_token(riverton.tess.user),
        "campaign": campaign.pk,
        "conversation": thread.pk,
        "kind": "texters",
        "handoff": Handoff.objects.latest("pk").pk,
        "invite": invite.pk,
        "filter": saving.save("Monday", Filter.parse({"escalated": "only"}), "name", by=riverton.ada, shared=True).pk,
        "person": riverton.tara.pk,
        "tag": Tag.objects.create(organization=riverton.organization, title="Spanish").pk,
        "team": teams.make("Spanish", members=[riverton.tess], by=riverton.ada).pk,
        "gave": gave.pk,
        "request": Request.objects.create(organization=riverton.organization, texter=riverton.tess, count=1).pk,
        "schedule": nightly(riverton).pk,
        "step": campaign.first_step_id,
        "upload": Upload.objects.create(campaign=campaign, file_name="list.csv").pk,
        "uuid": "5c1b2a3e-0f5e-4f0c-9a55-3f5d3c6b7a10",
    }


def nightly(town):
    said = {"time": dt.time(21), "timezone": "America/New_York", "weekdays": [0]}
    made = Schedule(organization=town.organization, made_by=town.ada, **said)
    return automatic.put_on(made, timezone.now())


@pytest.fixture
def knock(riverton, otherton, named):
    """Opens a door as somebody, and says what became of it; what was done behind the door is undone."""
    people = {"zed": otherton.zed, **riverton.people}
    tokens = {who: Token.issue(member) for who, member in people.items()}
    clients = {who: Client() for who in WHO}
    for who in people.keys() & clients:
        clients[who].force_login(people[who].user)
    signed_in = {who: client.cookies.output() for who, client in clients.items()}

    def knocked(who, method, address, body):
        client, headers = clients[who], {}
        client.cookies = SimpleCookie(signed_in[who].replace("Set-Cookie: ", ""))
        if who in people and address.startswith("/api/"):
            headers["Authorization"] = f"Bearer {tokens[who]}"
        given = said(filled(body, named), address)
        return outcome(getattr(client, method.lower())(filled(address, named), headers=headers, **given))

    def undone(*asked):
        with transaction.atomic():
            found = knocked(*asked)
            transaction.set_rollback(True)
        return found

    return undone


def filled(words, named):
    return re.sub(r"\{(\w+)\}", lambda name: str(named[name[1]]), words)


def said(body, address):
    """What the test client is given for a line's body."""
    if body == "file":
        return {"data": {"file": SimpleUploadedFile("list.csv", b"firstName,cell\nMaria,2125550101\n")}}
    kind = "application/json" if address.startswith("/api/") else "application/x-www-form-urlencoded"
    return {"data": body, "content_type": kind} if body or kind == "application/json" else {}


def outcome(answer):
    if answer.status_code == 302 and "/accounts/login/" in answer.url:
        return "sign-in"
    if answer.status_code in {401, 403, 404}:
        return str(answer.status_code)
    assert answer.status_code < 500
    return "in"


@pytest.mark.parametrize("audience", COLUMNS)
def test_who_may_open_it(knock, audience):
    wrong = {}
    for method, address, for_whom, *body in LINES:
        if for_whom == audience:
            there = "404" if "{" in address else "in"
            wanted = {who: there if becomes == "own" else becomes for who, becomes in COLUMNS[audience].items()}
            found = {who: knock(who, method, address, "".join(body)) for who in WHO}
            wrong |= {f"{method} {address} {who}": found[who] for who in WHO if found[who] != wanted[who]}

    assert wrong == {}
