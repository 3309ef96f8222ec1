"""The load kit measures what it says it does; what it measures is for `bin/bench`, and asserted nowhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import data, doors, handing, meanwhile, pool, reviewing
from bench.__main__ import line
from bench.running import Running
from textbank.conversations.models import Conversation, Message, Status
from textbank.reports import invariants

ROOT = Path(__file__).parent.parent
# A plan for so few rows is found in other ways, but they are the same rows.
TINY = data.Size((400, 200, 100), 30)
PROMISED = {
    *("count-default", "count-campaign-unsent-unassigned"),
    *("review-default", "review-campaign-unsent-unassigned", "review-needs-response", "review-texter"),
    *("review-escalated", "review-name", "review-phone", "review-deep"),
    *("reassign-1k", "reassign-10k", "reassign-100k", "reassign-100k-one-texter", "unassign-100k"),
    *("release-unsent", "undo-100k", "preview-100k", "request-50"),
    *("send", "send-during-reassign", "inbound", "drain", "upload-100k"),
}


@pytest.fixture
def bench(transactional_db):
    return data.fill(TINY)


def share(**of: object) -> float:
    return Conversation.objects.filter(**of).count() / TINY.conversations


def test_it_has_a_row_for_each_of_what_was_promised():
    names = {name for kit in (reviewing, doors, meanwhile, pool, handing) for name in kit.NAMES}

    assert names >= PROMISED


def test_its_data_keep_every_promise_and_the_shares_of_a_text_bank(bench):
    assert invariants.broken() == []
    assert share() == 1
    assert 0.33 < share(status=Status.NEEDS_FIRST_MESSAGE) < 0.47
    assert 0.23 < share(texter=None) < 0.37
    assert 1.2 < Message.objects.count() / TINY.conversations < 1.8


def test_each_look_at_message_review_finds_the_rows_of_the_query_by_hand(bench, monkeypatch):
    monkeypatch.setattr(reviewing, "DEEP", 3)
    desk = reviewing.Desk(bench, Running("", "", {}), turns=0)

    for name, look in reviewing.LOOKS.items():
        found = look(bench)
        desk.check(name, found, desk.looked(desk.address(found)).result.text)


def test_handing_on_is_measured_beside_its_floor_and_breaks_nothing(bench):
    found = [row.as_json() for row in handing.rows(bench, ["reassign-1k", "undo-100k", "preview-100k"], quick=True)]

    for row in found:
        assert row["name"] in line(row)
        assert {"n", "runs", "seconds", "p50_ms", "statements"} <= set(row)
    assert [row["n"] for row in found] == [pytest.approx(400, abs=30)] * 3
    assert all(row["ratio"] == row["seconds"] / row["floor_seconds"] for row in found[:2])
    assert invariants.broken() == []


@pytest.mark.slow
def test_the_smallest_size_does_every_piece_of_work(folder):
    subprocess.run([sys.executable, "-m", "bench", "--json", folder / "rows.json"], cwd=ROOT, check=True)

    found = json.loads((folder / "rows.json").read_text())
    assert {row["name"] for row in found} >= PROMISED
    assert all(row["n"] > 0 for row in found)
