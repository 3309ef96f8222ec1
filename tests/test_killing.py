"""Processes die at bad moments; texts do not go out twice for it, and none is forgotten."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from tests.cast import town
from tests.conftest import django_on
from textbank.assignments.reassigning import reassign
from textbank.conversations import delivering, sending
from textbank.conversations.filters import Filter
from textbank.conversations.models import Conversation, Handoff, Message, MessageStatus, Move, State
from textbank.organizations.models import Role
from textbank.reports import invariants

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


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


MANY = 50_000
CONTACTS = """
insert into contacts_contact (organization_id, campaign_id, cell, first_name, last_name, search_name, zip, external_id,
    custom, timezone, state, created_at)
select %(organization)s, %(campaign)s, '+1312' || n, 'Maria', 'Lopez', 'maria lopez', '', '', '{}', 'America/Chicago',
    '', now()
from generate_series(2000000, 2000000 + %(many)s - 1) n
"""
THREADS = """
insert into conversations_conversation (id, organization_id, campaign_id, last_activity, status, passes, opted_out,
    escalated, hours_key)
select id, organization_id, campaign_id, created_at, 1, 1, false, false, timezone from contacts_contact
where campaign_id = %(campaign)s
"""


def crowd(here, campaign) -> None:
    """So many conversations that nobody has, in a campaign that has none."""
    given = {"organization": here.organization.pk, "campaign": campaign.pk, "many": MANY}
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, given)
        cursor.execute(THREADS, given)


def test_a_hand_off_goes_on_when_its_worker_is_killed_in_the_middle(new_database, django_db_blocker, folder):
    env = {**os.environ, "DATABASE_URL": new_database, "TEXTBANK_HOME": str(folder), "SECRET_KEY": settings.SECRET_KEY}

    def worker() -> subprocess.Popen[bytes]:
        made = subprocess.Popen([sys.executable, "-m", "textbank.cli", "work"], env=env)
        ends.callback(end, made)
        return made

    with ExitStack() as ends, django_db_blocker.unblock(), django_on(new_database.rpartition("/")[2].partition("?")[0]):
        here = town("riverton", "Riverton Votes")
        ada, theo, tara = (
            here.person("Ada", Role.OWNER),
            here.person("Theo", Role.TEXTER),
            here.person("Tara", Role.TEXTER),
        )
        campaign = here.campaign()
        crowd(here, campaign)
        act = reassign(Filter.parse({"campaign": campaign.pk}), [theo, tara], by=ada)
        first = worker()
        until(Move.objects.filter(handoff=act).exists, 60)
        os.kill(first.pid, signal.SIGKILL)
        first.wait(10)

        assert 0 < Move.objects.filter(handoff=act).count() < MANY, "It was to be killed in the middle."
        worker()
        until(lambda: Handoff.objects.get(pk=act.pk).state != State.RUNNING, 240)

        act.refresh_from_db()
        assert (act.state, act.matched, act.moved) == (State.DONE, MANY, MANY)
        assert sorted(act.shares.values()) == [MANY // 2, MANY // 2]
        assert Move.objects.filter(handoff=act).count() == MANY
        assert not Conversation.objects.filter(campaign=campaign, texter=None).exists()
        assert invariants.broken(only=("I1", "I2", "I5")) == []
