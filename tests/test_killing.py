"""Processes die at bad moments; texts do not go out twice for it, and none is forgotten."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
import uuid

import httpx
import pytest
from django.utils import timezone

from tests.cast import town
from textbank.conversations import delivering, sending
from textbank.conversations.models import Message, MessageStatus
from textbank.organizations.models import Role

pytestmark = pytest.mark.slow


def until(true, seconds=30):
    """Waits for what another process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "It did not come about in time."
        time.sleep(0.05)


def test_a_worker_killed_after_the_carriers_yes_sends_no_second_text(textbank):
    with textbank.rows(), httpx.Client(base_url=textbank.carrier_url) as carrier:
        here = town(f"t{uuid.uuid4().hex[:8]}", "Killed")
        tess = here.person("Tess", Role.TEXTER)
        [thread] = here.conversations(here.campaign(), holder=tess)
        cell = thread.contact.cell
        carrier.post("/faults", json={"kind": "timeout_after_accept", "count": 1}).raise_for_status()
        worker = subprocess.Popen([sys.executable, "-m", "textbank.cli", "work"], env={**os.environ, **textbank.env})
        message = sending.send(thread.pk, None, by=tess, client_id=uuid.uuid4(), now=timezone.now())

        # Whichever worker took it hangs on the carrier's answer: ours, or the fixture's.
        until(lambda: carrier.get("/messages", params={"to": cell}).json()["count"] == 1)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(10)
        delivering.give_up_on_forgotten(timezone.now() + dt.timedelta(minutes=3))
        message.refresh_from_db()
        assert message.status == MessageStatus.UNCONFIRMED

        time.sleep(2)
        assert carrier.get("/messages", params={"to": cell}).json()["count"] == 1
        assert Message.objects.get(pk=message.pk).status == MessageStatus.UNCONFIRMED
