"""The frame of every call: a token that acts as one member, the role it takes, and nothing that is not understood."""

import json
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, NoReturn, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.security import HttpBearer

from textbank import access
from textbank.access import MemberRequest
from textbank.organizations.models import Membership, Role


class Bearer(HttpBearer):
    """Lets in whose token is known and whose role reaches; the door carries `role`, which the table of doors reads."""

    def __init__(self, role: Role, lets_in: Callable[[Membership], bool] | None = None) -> None:
        super().__init__()
        self.role = role
        self.lets_in = lets_in or (lambda member: member.may(role))

    def authenticate(self, request: HttpRequest, token: str) -> Membership | None:
        member = access.bearer(token, timezone.now())
        if member and not self.lets_in(member):
            raise PermissionDenied(f"This is for {self.role.label.lower()}s and above.")
        if member:
            cast(MemberRequest, request).member = member
        return member


texters, supervolunteers, admins = Bearer(Role.TEXTER), Bearer(Role.SUPERVOLUNTEER), Bearer(Role.ADMIN)
# Admins, and supervolunteers where the organization lets them.
handing_on = Bearer(Role.ADMIN, lambda member: member.may_hand_on)


class NotUnderstood(ValueError):
    """Something in the request that would otherwise be ignored. `fields` says what, in words."""

    def __init__(self, **fields: str) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = fields


def nothing_unknown(call: Callable[..., Any]) -> Callable[..., Any]:
    """A misspelt key would otherwise be a wish that nobody hears."""
    operation: Operation = call._ninja_operation  # type: ignore[attr-defined]
    keys = known_keys(operation)
    takes_body = any(model.__ninja_param_source__ in {"body", "form", "file"} for model in operation.models)

    @wraps(call)
    def checked(request: HttpRequest, **values: Any) -> Any:
        refuse_unknown(keys, request.GET, "the address")
        if any("\0" in value for values in request.GET.lists() for value in [values[0], *values[1]]):
            raise NotUnderstood(address="The address holds a NUL character.")
        if not takes_body and request.body.strip() not in {b"", b"{}", b"null"}:
            raise NotUnderstood(body="This call takes no body.")
        return call(request, **values)

    return checked


def known_keys(operation: Operation) -> set[str]:
    """The keys that the call's address may hold: those that the document names."""
    said = [parameter["name"] for parameter in (operation.openapi_extra or {}).get("parameters", [])]
    queries = (model for model in operation.models if model.__ninja_param_source__ == "query")
    return {*said, *(key for model in queries for key in model.__ninja_flatten_map__)}


def refuse_unknown(known: Iterable[str], given: Iterable[str], where: str) -> None:
    """Raises NotUnderstood with every key of `given` that is not known."""
    known = set(known)
    there_are = f"There are: {', '.join(sorted(known))}." if known else "There is none."
    unknown = {key: f"“{key}” is not a key of {where}. {there_are}" for key in given if key not in known}
    if unknown:
        raise NotUnderstood(**unknown)


class CarefulParser(Parser):
    """JSON as the standard has it, without the characters that PostgreSQL cannot keep."""

    def parse_body(self, request: HttpRequest) -> Any:
        said = json.loads(request.body, parse_constant=not_a_number)
        refuse_unspeakable(said)
        return said


def not_a_number(word: str) -> NoReturn:
    raise NotUnderstood(body=f"{word} is not JSON.")


def refuse_unspeakable(said: object) -> None:
    """Raises NotUnderstood for a NUL or half a surrogate pair, however deep."""
    if isinstance(said, str) and ("\0" in said or (not said.isascii() and not encodable(said))):
        raise NotUnderstood(body="The body holds a NUL character or half a surrogate pair.")
    if isinstance(said, dict):
        refuse_unspeakable([*said, *said.values()])
    elif isinstance(said, list):
        for part in said:
            refuse_unspeakable(part)


def encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
