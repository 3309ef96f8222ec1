"""Releases that happen by themselves, through the API."""

import datetime as dt

import pytest

from tests.program import Program
from textbank.assignments.models import Schedule

NIGHTLY = {"releases": "unsent", "time": "21:05", "weekdays": [4, 0]}


@pytest.fixture
def ada(riverton):
    return Program(riverton.ada)


def test_one_is_put_on_paused_and_taken_off(ada, riverton):
    made = ada.post("/schedules", NIGHTLY)
    assert made.status_code == 201
    assert made.said["says"] == "Every Monday and Friday at 9:05 PM (New York): unsent first messages"
    assert Schedule.objects.get(pk=made.said["id"]).time == dt.time(21, 5)

    assert ada.patch(f"/schedules/{made.said['id']}", {"paused": True}).said["paused"]
    assert [one["paused"] for one in ada.get("/schedules").said["results"]] == [True]
    assert ada.send("delete", f"/schedules/{made.said['id']}", None).status_code == 204
    assert not Schedule.objects.exists()


@pytest.mark.parametrize("time", ["17:59:19-21:53", "21:05Z", "25:00", "9:05", "", 21])
def test_a_time_is_a_clock_s(ada, time):
    refused = ada.post("/schedules", {**NIGHTLY, "time": time})

    assert refused.status_code == 422
    assert "time" in refused.said["error"]["fields"]
    assert not Schedule.objects.exists()
