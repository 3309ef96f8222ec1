"""Every refusal in one shape: `{"error": {"code", "message", "fields"}}`, the message a sentence for a person."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import BaseModel

from textbank.api.door import NotUnderstood
from textbank.assignments import tags
from textbank.assignments.automatic import BadSchedule
from textbank.assignments.carrying_out import NotRunning
from textbank.assignments.escalating import NoEscalationTag
from textbank.assignments.plans import BadPlan
from textbank.assignments.requesting import AlreadyDecided, BadCount, NothingToGive, RequestOpen
from textbank.assignments.undoing import AlreadyUndone, StillRunning, TooLate
from textbank.campaigns.disbanding import ForNobody
from textbank.campaigns.editing import BadBasics
from textbank.campaigns.launching import NotReady
from textbank.campaigns.scripting import BadScript
from textbank.contacts.reading import Unreadable
from textbank.conversations import sending
from textbank.conversations.answering import NoSuchAnswer
from textbank.conversations.closing import StillOptedOut
from textbank.conversations.filters import BadFilter, Strangers
from textbank.conversations.saving import CannotSave, TitleTaken
from textbank.conversations.snapshots import BadSnapshot
from textbank.organizations import teams
from textbank.organizations.allotting import BadCap
from textbank.organizations.controlling import BadControl
from textbank.organizations.people import LastOwner, NotAllowed
from textbank.reports.pages import BadPlace


class Trouble(BaseModel):
    """`code` is for programs; `fields` says which part of the request is meant, each with its sentence."""

    code: str
    message: str
    fields: dict[str, str]


class Refusal(BaseModel):
    error: Trouble


Speaker = Callable[[HttpRequest, Any], HttpResponse]

# What any call may answer instead, for the document.
REFUSALS = {frozenset({401, 403, 404, 409, 422, 429}): Refusal}

NOT_FOUND = "There is nothing at this address for you."

# (what was refused, the status, the code, a sentence where the refusal brings none)
TABLE: list[tuple[type[Exception], int, str, str]] = [
    (AuthenticationError, 401, "not_signed_in", "Send a token that is valid: “Authorization: Bearer tb_…”."),
    (PermissionDenied, 403, "forbidden", ""),
    (
        NotAllowed,
        403,
        "forbidden",
        "An admin changes people below admin, an owner everybody, nobody suspends themselves.",
    ),
    (Http404, 404, "not_found", NOT_FOUND),
    (ObjectDoesNotExist, 404, "not_found", NOT_FOUND),
    (Strangers, 404, "not_found", NOT_FOUND),
    (AlreadyUndone, 409, "already_undone", ""),
    (LastOwner, 409, "last_owner", "An organization keeps at least one owner. Make somebody else owner first."),
    (ForNobody, 409, "for_nobody", ""),
    (NotReady, 409, "not_ready", ""),
    (NotRunning, 409, "not_running", ""),
    (StillRunning, 409, "still_running", ""),
    (RequestOpen, 409, "request_open", ""),
    (AlreadyDecided, 409, "already_decided", ""),
    (NothingToGive, 409, "nothing_to_give", ""),
    (StillOptedOut, 409, "opted_out", ""),
    (NoEscalationTag, 409, "no_escalation_tag", ""),
    (TitleTaken, 409, "title_taken", ""),
    (TooLate, 409, "too_late", ""),
    (teams.TitleTaken, 409, "title_taken", ""),
    (tags.TitleTaken, 409, "title_taken", ""),
    (RequestDataTooBig, 413, "too_large", "That is more than one call may carry."),
    (BadBasics, 422, "invalid", ""),
    (BadCap, 422, "invalid", ""),
    (BadControl, 422, "invalid", ""),
    (BadCount, 422, "invalid", ""),
    (BadFilter, 422, "invalid", ""),
    (BadPlace, 422, "invalid", ""),
    (BadPlan, 422, "invalid", ""),
    (BadSchedule, 422, "invalid", ""),
    (BadScript, 422, "invalid", ""),
    (BadSnapshot, 422, "invalid", ""),
    (teams.BadTeam, 422, "invalid", ""),
    (CannotSave, 422, "invalid", ""),
    (MultiPartParserError, 422, "invalid", "The form could not be read: send it as multipart/form-data."),
    (NoSuchAnswer, 422, "invalid", ""),
    (NotUnderstood, 422, "invalid", ""),
    (SuspiciousOperation, 422, "invalid", "The request could not be read."),
    (Unreadable, 422, "unreadable", ""),
]

# Where a refusal has one part of the request in mind, the name of that part.
MEANT: dict[type[Exception], str] = {
    BadCount: "count",
    BadPlace: "after",
    BadScript: "script",
    BadSnapshot: "as_of",
    NoSuchAnswer: "value",
    Unreadable: "file",
}


def refused(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> HttpResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    body = Refusal(error=Trouble(code=code, message=message, fields=fields or {}))
    return JsonResponse(body.model_dump(), status=status, headers=headers)


def speak_for(api: NinjaAPI) -> None:
    """Gives each refusal that has a name its status and its code."""
    for kind, status, code, sentence in TABLE:
        api.add_exception_handler(kind, saying(status, code, sentence))
    said: dict[type[Exception], Speaker] = {sending.Refused: not_sent, ValidationError: invalid, HttpError: unreadable}
    for kind, speaker in said.items():
        api.add_exception_handler(kind, speaker)


def saying(status: int, code: str, sentence: str) -> Speaker:
    def said(request: HttpRequest, error: Exception) -> HttpResponse:
        message = sentence or str(error)
        meant = next((name for kind, name in MEANT.items() if isinstance(error, kind)), "")
        fields = {meant: message} if meant else getattr(error, "fields", {})
        return refused(status, code, message, fields)

    return said


def not_sent(request: HttpRequest, error: sending.Refused) -> HttpResponse:
    if isinstance(error, sending.Unsendable):
        return refused(422, error.code, str(error), {"text": str(error)})
    opens = error.opens if isinstance(error, sending.OutsideTextingHours) else None
    return refused(409, error.code, str(error), {"opens_at": opens.isoformat()} if opens else {})


def unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """A body that is not JSON."""
    why = error.__cause__ if isinstance(error.__cause__, NotUnderstood) else "The body is not JSON that can be read."
    return refused(422, "invalid", str(why), {"body": str(why)})


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = {place(fault["loc"]): sentence(fault) for fault in error.errors}
    return refused(422, "invalid", " ".join(f"{name}: {said}" for name, said in fields.items()), fields)


# How a fault of the request is put; what is not here is put as it comes.
SENTENCES = {
    "missing": "This is missing.",
    "extra_forbidden": "There is no such key.",
    "int_type": "This is a whole number.",
    "int_parsing": "This is a whole number.",
    "int_from_float": "This is a whole number.",
    "bool_type": "This is true or false.",
    "string_type": "This is a text.",
    "list_type": "This is a list.",
    "dict_type": "This is an object.",
    "model_type": "This is an object.",
    "model_attributes_type": "This is an object.",
    "uuid_type": "This is a UUID.",
    "uuid_parsing": "This is a UUID.",
    "date_from_datetime_parsing": "This is a date, such as 2026-11-03.",
    "date_parsing": "This is a date, such as 2026-11-03.",
    "date_type": "This is a date, such as 2026-11-03.",
    "greater_than_equal": "This is at least {ge}.",
    "less_than_equal": "This is at most {le}.",
    "string_too_short": "This is empty.",
    "string_too_long": "This is at most {max_length} characters long.",
    "too_long": "There are at most {max_length}.",
    "literal_error": "This is one of {expected}.",
    "value_error": "{error}",
}


def sentence(fault: dict[str, Any]) -> str:
    known = SENTENCES.get(fault["type"])
    if known:
        return known.format(**fault.get("ctx", {}))
    return f"{fault['msg'].replace('Input should', 'This should').rstrip('.')}."


def place(location: Iterable[object]) -> str:
    """Where in the request, without the name that only the code knows: ("body", "said", "filter") is “filter”."""
    source, *parts = location
    parts = parts[1:] if source == "body" else parts
    return ".".join(map(str, parts)) or str(source)


def same_shape(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: what fails before or behind a call (no such address, wrong method, a fault of ours) looks alike."""

    def shaped(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        ours = response.headers.get("Content-Type", "").startswith("application/json")
        if not request.path.startswith("/api/") or response.status_code < HTTPStatus.BAD_REQUEST or ours:
            return response
        code, message = UNCALLED.get(response.status_code, ("refused", "The request was refused."))
        said = refused(response.status_code, code, message)
        if "Allow" in response.headers:
            said.headers["Allow"] = response.headers["Allow"]
        return said

    return shaped


UNCALLED = {
    404: ("not_found", NOT_FOUND),
    405: ("method_not_allowed", "There is such an address, but not with this method."),
    413: ("too_large", "That is more than one call may carry."),
    500: ("fault", "Something went wrong here, and the server's log says what. Nothing of yours was half done."),
}
