"""Who asks far too fast is told to wait, and nobody else is."""

import time

import pytest

from tests.program import Program
from textbank.api import pacing
from textbank.api.pacing import Paces


@pytest.fixture
def hurried(monkeypatch):
    """Two calls at once, then one a second; nobody has asked yet."""
    monkeypatch.setattr(pacing, "AT_ONCE", 2)
    monkeypatch.setattr(pacing, "A_SECOND", 1)
    monkeypatch.setattr(pacing, "paces", Paces())


def test_a_token_that_asks_too_fast_is_told_when_to_go_on(riverton, hurried, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    ada = Program(riverton.ada)
    assert [ada.get("/me").status_code for _ in range(2)] == [200, 200]

    with django_assert_num_queries(0):
        said = ada.get("/me")

    assert (said.status_code, said.headers["Retry-After"]) == (429, "1")
    assert said.said["error"]["code"] == "too_fast"
    assert said.said["error"]["fields"] == {}
    assert said.said["error"]["message"].endswith(".")
    monkeypatch.setattr(time, "monotonic", lambda: 1001.0)
    assert ada.get("/me").status_code == 200


def test_others_and_pages_are_not_held_up(riverton, hurried, client):
    ada = Program(riverton.ada)
    for _ in range(4):
        ada.get("/me")

    assert ada.get("/me").status_code == 429
    assert Program(riverton.olga).get("/me").status_code == 200
    assert client.get("/api/v1/openapi.json").status_code == 200
    client.force_login(riverton.ada.user)
    assert {client.get("/riverton/", headers=ada.headers).status_code for _ in range(4)} == {200}


def test_three_thousand_at_once_and_a_hundred_a_second_are_ordinary():
    paces = Paces()

    at_once = sum(not paces.wait("Bearer tb_ada", 0.0) for _ in range(5_000))
    later = sum(not paces.wait("Bearer tb_ada", 10.0) for _ in range(5_000))

    assert (at_once, later) == (3_000, 1_000)
    assert 0 < paces.wait("Bearer tb_ada", 10.0) <= 0.01


def test_many_tokens_are_not_remembered_for_ever(monkeypatch):
    monkeypatch.setattr(pacing, "KNOWN", 3)
    paces = Paces()

    for token in "abcabd":
        paces.wait(token, 0.0)

    assert set(paces.known) == {hash(token) for token in "abd"}
