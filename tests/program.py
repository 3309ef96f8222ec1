"""A program that speaks to the API as one member."""

from typing import Any

from django.test import Client

from textbank.organizations.models import Membership, Token


class Program:
    """`Program(riverton.ada).get("/campaigns")`: answers come back with their JSON under `said`."""

    def __init__(self, member: Membership | None = None, *, faults: bool = True) -> None:
        self.client = Client(raise_request_exception=faults)
        self.headers = {"Authorization": f"Bearer {Token.issue(member)}"} if member else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.heard(self.client.get(address(path), query, headers=self.headers))

    def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return self.send("post", path, body, **kwargs)

    def put(self, path: str, body: Any = None) -> Any:
        return self.send("put", path, body)

    def patch(self, path: str, body: Any = None) -> Any:
        return self.send("patch", path, body)

    def send(self, method: str, path: str, body: Any, content_type: str = "application/json") -> Any:
        given = {"data": "" if body is None else body, "content_type": content_type}
        return self.heard(getattr(self.client, method)(address(path), headers=self.headers, **given))

    def upload(self, path: str, file: Any, **more: Any) -> Any:
        return self.heard(self.client.post(address(path), {"file": file, **more}, headers=self.headers))

    def heard(self, answer: Any) -> Any:
        if answer.headers.get("Content-Type", "").startswith("application/json") and answer.content:
            answer.said = answer.json()
        return answer


def address(path: str) -> str:
    return path if path.startswith(("http://", "/api/")) else f"/api/v1{path}"
