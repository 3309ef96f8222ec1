"""A list comes in: every row is a contact or is accounted for; all of it, or nothing."""

import csv
import io
import threading
import tracemalloc
from itertools import chain

import pytest
from django.conf import settings
from django.db import connection, transaction

from textbank.clock import retry_stalled
from textbank.contacts.models import Contact, OptOut, RejectedRow, Upload, UploadChunk
from textbank.contacts.reading import Unreadable
from textbank.conversations import loading, opting_out, uploading
from textbank.conversations.models import Action, Conversation, Handoff, Move, Status
from textbank.conversations.sending import CampaignArchived
from textbank.conversations.uploading import TooLarge, load, receive, rejected_csv, stage

HEADINGS = "firstName,lastName,cell\n"


@pytest.fixture
def campaign(riverton):
    return riverton.campaign(started=False)


@pytest.fixture
def uploaded(riverton, campaign, now):
    """Ada uploads this text, or these bytes, to the campaign."""

    def upload(said, into=None):
        content = said if isinstance(said, bytes) else said.encode()
        return receive(into or campaign, "list.csv", [content], by=riverton.ada, now=now)

    return upload


@pytest.fixture
def staged(riverton, campaign):
    def upload(said):
        return stage(campaign, "list.csv", [said.encode()], by=riverton.ada)

    return upload


def people(count, first=0):
    return "".join(f"Ana,Lopez,212555{n:04d}\n" for n in range(first, first + count))


def counts(upload):
    return {
        "accepted": upload.accepted,
        "duplicates": upload.duplicates,
        "invalid": upload.invalid,
        "opted_out": upload.opted_out,
    }


def left_out(upload):
    return list(upload.rejected.values_list("line", "reason", "why", "text"))


def nothing_is_there():
    there = (Upload, UploadChunk, RejectedRow, Contact, Conversation)
    return not any(model.objects.exists() for model in there)


# What becomes of a list


def test_a_list_becomes_contacts_with_conversations_in_the_pool(riverton, campaign, uploaded, now):
    upload = uploaded("First name,Last name,Cell,ZIP,External ID,Precinct\nAna,Gómez,(305) 555-0123,33101,V1,P-7\n")

    contact = Contact.objects.get()
    assert (contact.name, contact.cell, contact.zip, contact.external_id) == (
        "Ana Gómez",
        "+13055550123",
        "33101",
        "V1",
    )
    assert (contact.timezone, contact.state, contact.search_name) == ("America/New_York", "FL", "ana gomez")
    assert (contact.custom, contact.upload, contact.organization) == (
        {"Precinct": "P-7"},
        upload,
        campaign.organization,
    )
    conversation = Conversation.objects.get()
    assert (conversation.pk, conversation.campaign, conversation.organization) == (
        contact.pk,
        campaign,
        campaign.organization,
    )
    assert (conversation.status, conversation.texter, conversation.last_activity) == (
        Status.NEEDS_FIRST_MESSAGE,
        None,
        now,
    )
    assert conversation.hours_key == "America/New_York/FL"
    assert not conversation.opted_out


def test_the_report_says_what_came_of_every_row(riverton, campaign, uploaded, now):
    OptOut.objects.create(organization=riverton.organization, cell="+12125550104", at=now, channel="text")

    upload = uploaded(
        HEADINGS
        + "Ana,Lopez,2125550101\n"
        + "Bo,Li,212-555-0101\n"
        + "Cy,Day,555\n"
        + "Di,Roe,2125550104\n"
        + 'Ed,"O, Neil",2125550105\n'
    )

    assert upload.state == Upload.State.DONE
    assert counts(upload) == {"accepted": 2, "duplicates": 1, "invalid": 1, "opted_out": 1}
    assert left_out(upload) == [
        (3, "duplicate", "The same number as on line 2", "Bo,Li,+12125550101,,"),
        (4, "invalid", "Not a valid phone number: 555", "Cy,Day,555"),
        (5, "opted_out", "Opted out on November 2, 2026", "Di,Roe,+12125550104,,"),
    ]
    assert (upload.lines, upload.read) == (6, 6)
    assert upload.size > 0
    assert upload.finished_at
    assert not upload.chunks.exists()


def test_contacts_keep_the_order_of_the_list(uploaded):
    uploaded(HEADINGS + people(50))

    cells = Contact.objects.order_by("pk").values_list("cell", flat=True)
    assert list(cells) == sorted(cells)


def test_an_upload_adds_to_the_list_before_and_after_the_start(campaign, uploaded, now):
    uploaded(HEADINGS + people(3))
    campaign.started_at = now
    campaign.save()
    Contact.objects.filter(cell="+12125550002").update(first_name="Anabel")

    second = uploaded(HEADINGS + people(4, first=1))

    assert counts(second) == {"accepted": 2, "duplicates": 2, "invalid": 0, "opted_out": 0}
    assert {why for _, _, why, _ in left_out(second)} == {"Already in this campaign"}
    assert campaign.contacts.count() == campaign.conversations.count() == 5
    assert campaign.contacts.get(cell="+12125550002").first_name == "Anabel"


def test_the_same_list_twice_adds_nobody(uploaded):
    uploaded(HEADINGS + people(3))

    again = uploaded(HEADINGS + people(3))

    assert counts(again) == {"accepted": 0, "duplicates": 3, "invalid": 0, "opted_out": 0}
    assert Handoff.objects.filter(action=Action.OPENING).count() == 1


def test_another_campaign_may_text_the_same_people(riverton, campaign, uploaded):
    uploaded(HEADINGS + people(3))

    upload = uploaded(HEADINGS + people(3), into=riverton.campaign("Sunday"))

    assert upload.accepted == 3


def test_only_this_organizations_opt_outs_in_force_count(riverton, otherton, uploaded, now):
    barred = {"at": now, "channel": "text"}
    OptOut.objects.create(organization=otherton.organization, cell="+12125550000", **barred)
    OptOut.objects.create(organization=riverton.organization, cell="+12125550001", lifted_at=now, **barred)
    OptOut.objects.create(organization=riverton.organization, cell="+12125550002", **barred)

    upload = uploaded(HEADINGS + people(3))

    assert upload.opted_out == 1
    assert not Contact.objects.filter(cell="+12125550002").exists()


def test_a_number_that_is_there_twice_and_opted_out_is_said_once_each(riverton, uploaded, now):
    OptOut.objects.create(organization=riverton.organization, cell="+12125550000", at=now, channel="text")

    upload = uploaded(HEADINGS + people(1) + people(1))

    assert counts(upload) == {"accepted": 0, "duplicates": 1, "invalid": 0, "opted_out": 1}


def test_the_first_valid_row_of_a_number_wins(uploaded):
    uploaded(HEADINGS + "Ana,,212555010\n" + "Bea,,2125550101\n" + "Cleo,,2125550101\n")

    assert Contact.objects.get().first_name == "Bea"


def test_the_ledger_opens_with_the_list(riverton, campaign, uploaded, now):
    uploaded(HEADINGS + people(3))

    opening = Handoff.objects.get()
    assert (opening.action, opening.state, opening.by, opening.campaign, opening.at) == (
        Action.OPENING,
        "done",
        riverton.ada,
        campaign,
        now,
    )
    assert opening.matched == opening.moved + sum(opening.left_alone.values())
    assert not Move.objects.exists()
    assert not Conversation.objects.exclude(texter=None).exists()


def test_new_headings_join_the_campaigns_in_their_order(campaign, uploaded):
    uploaded("cell,Precinct,Polling Place\n2125550101,P-1,Elm School\n")
    uploaded("cell,polling place,Party,PRECINCT\n2125550102,Oak Hall,D,P-2\n")

    campaign.refresh_from_db()
    assert campaign.custom_fields == ["Precinct", "Polling Place", "Party"]


def test_a_list_that_brings_nobody_brings_no_headings(campaign, uploaded):
    uploaded("cell,Precinct\n2125550101,P-1\n")
    uploaded("cell,Party\n2125550101,D\n")

    campaign.refresh_from_db()
    assert campaign.custom_fields == ["Precinct"]


# Any list that people have


@pytest.mark.parametrize(
    "content",
    [
        b"Mobile Phone,SURNAME,first_name\n2125550101,Lopez,Ana\n",
        b"\xef\xbb\xbffirstName,lastName,cell\nAna,Lopez,2125550101\n",
        b"firstName;lastName;cell\nAna;Lopez;2125550101\n",
        b"firstName\tlastName\tcell\r\nAna\tLopez\t2125550101\r\n",
        b"firstName,lastName,cell\rAna,Lopez,2125550101\r",
        "firstName,lastName,cell\nAna,Lopez,2125550101".encode("utf-16"),
        b"\n\nfirstName,lastName,cell\n\nAna,Lopez,2125550101\n\n",
    ],
    ids=["spelling and order", "mark", "semicolons", "tabs", "returns", "utf-16", "blank lines"],
)
def test_any_list_that_people_have_is_read(uploaded, content):
    upload = uploaded(content)

    assert upload.accepted == 1
    contact = Contact.objects.get()
    assert (contact.name, contact.cell) == ("Ana Lopez", "+12125550101")


@pytest.mark.parametrize(
    "name",
    ["👩🏽‍🚀 Zoë", "محمد علي", "יעל \u200f(יעלי)", "N" * 200, "O'Neil \\N \\.", 'Ana "Nita"', "李小龍", "=cmd()"],
)
def test_names_are_kept_as_they_are(uploaded, name):
    quoted = name.replace('"', '""')
    uploaded(f'firstName,cell,nick\n"{quoted}",2125550101,"{quoted}"\n')

    contact = Contact.objects.get()
    assert (contact.first_name, contact.custom) == (name, {"nick": name})


def test_fields_that_copying_could_stumble_over_are_kept(uploaded):
    uploaded('cell,note,external_id\n2125550101,"one\ntwo\t\\. \\\\ {""a"": 1} \u2028!","a\tb\\N"\n')

    contact = Contact.objects.get()
    assert contact.custom == {"note": 'one\ntwo\t\\. \\\\ {"a": 1} \u2028!'}
    assert contact.external_id == "a\tb\\N"


def test_a_name_that_is_too_long_is_said_not_cut(uploaded):
    upload = uploaded(HEADINGS + "N" * 201 + ",Lopez,2125550101\n")

    assert counts(upload) == {"accepted": 0, "duplicates": 0, "invalid": 1, "opted_out": 0}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b" \n\n", "This file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture"),
        (b"PK\x03\x04\x14\0[Content_Types].xml", "Excel workbook"),
        (b"firstName,cell\nAna\0,2125550101\n", "not plain text"),
        (b"firstName,lastName\nAna,Lopez\n", "No column is a phone number"),
        (HEADINGS.encode(), "no contacts"),
        (b'firstName,cell\n"Ana,2125550101\n', "never closed"),
        (("x," * 1_000_000 + "\n").encode(), "columns"),
    ],
    ids=["empty", "blank", "picture", "workbook", "nul", "no phone", "headings only", "open quote", "columns"],
)
def test_what_is_no_list_is_refused_and_leaves_nothing(uploaded, content, sentence):
    with pytest.raises(Unreadable, match=sentence):
        uploaded(content)

    assert nothing_is_there()


def test_what_its_beginning_gives_away_is_not_staged(riverton, campaign):
    def chunks():
        yield b"\xff\xd8\xff" + b"x" * uploading.PIECE
        raise AssertionError("The rest of a picture need not be read.")

    with pytest.raises(Unreadable, match="picture"):
        stage(campaign, "cat.jpg", chunks(), by=riverton.ada)

    assert nothing_is_there()


def test_a_file_over_the_limit_is_refused_as_soon_as_it_is_over(riverton, campaign, monkeypatch):
    monkeypatch.setattr(settings, "UPLOAD_LIMIT", 1024 * 1024)
    sent = []

    def chunks():
        yield HEADINGS.encode()
        while True:
            sent.append(people(1000))
            yield sent[-1].encode()

    with pytest.raises(TooLarge, match="larger than 1 MB"):
        stage(campaign, "endless.csv", chunks(), by=riverton.ada)

    assert sum(map(len, sent)) < 3 * 1024 * 1024
    assert nothing_is_there()


def test_an_archived_campaign_takes_no_list(campaign, uploaded, now):
    campaign.archived_at = now
    campaign.save()

    with pytest.raises(CampaignArchived):
        uploaded(HEADINGS + people(1))

    assert nothing_is_there()


# Long lists


def test_a_long_list_is_left_to_a_worker(campaign, uploaded):
    upload = uploaded(HEADINGS + people(uploading.JOB - 1))

    assert upload.state == Upload.State.STAGED
    assert jobs_of(upload) == ["todo"]
    assert not Contact.objects.exists()


def jobs_of(upload):
    with connection.cursor() as cursor:
        cursor.execute("select status::text from procrastinate_jobs where args->>'upload' = %s", [str(upload.pk)])
        return [status for (status,) in cursor.fetchall()]


def test_a_staged_list_is_loaded_once(campaign, staged, now):
    upload = staged(HEADINGS + people(3))

    load(upload, now=now)
    again = load(Upload.objects.get(pk=upload.pk), now=now)

    assert (again.state, again.accepted) == (Upload.State.DONE, 3)
    assert campaign.contacts.count() == 3


def test_a_staged_list_that_proves_unreadable_fails_with_a_sentence(campaign, uploaded, staged, now):
    uploaded(HEADINGS + people(3))
    upload = staged(HEADINGS + people(100, first=100) + 'Zoe,"Lopez,2125550999\n')

    load(upload, now=now)

    assert upload.state == Upload.State.FAILED
    assert "never closed" in upload.error
    assert upload.finished_at
    assert not upload.chunks.exists()
    assert campaign.contacts.count() == 3


def test_a_campaign_archived_meanwhile_takes_nothing(campaign, staged, now):
    upload = staged(HEADINGS + people(3))
    campaign.archived_at = now
    campaign.save()

    load(Upload.objects.get(pk=upload.pk), now=now)

    upload.refresh_from_db()
    assert upload.state == Upload.State.FAILED
    assert "archived" in upload.error
    assert not Contact.objects.exists()


def test_a_load_that_breaks_leaves_nothing_and_says_so(campaign, staged, now, monkeypatch):
    upload = staged(HEADINGS + people(3))
    monkeypatch.setattr(loading, "ACCEPT", loading.ACCEPT + "; select 1 / 0")

    with pytest.raises(Exception, match="division"):
        load(upload, now=now)

    upload.refresh_from_db()
    assert (upload.state, counts(upload)) == (
        Upload.State.FAILED,
        {"accepted": 0, "duplicates": 0, "invalid": 0, "opted_out": 0},
    )
    assert "Nothing of it was kept" in upload.error
    assert not Contact.objects.exists()
    assert not RejectedRow.objects.exists()


def test_no_more_memory_is_needed_for_more_rows(riverton, now, monkeypatch):
    monkeypatch.setattr(uploading, "PIECE", 16 * 1024)
    monkeypatch.setattr(uploading, "BATCH", 500)
    # The driver remembers the last hundred statements that it may prepare.
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", None)

    def most_held(rows):
        campaign = riverton.campaign()
        chunks = (people(1, first=n).encode() for n in range(rows))
        tracemalloc.start()
        upload = stage(campaign, "list.csv", chain([HEADINGS.encode()], chunks), by=riverton.ada)
        load(upload, now=now)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert upload.accepted == rows
        return most

    most_held(1_000)  # what is loaded once, such as the time zones of ZIP codes
    few, many = most_held(2_000), most_held(9_000)

    assert many < 1.1 * few


def test_pieces_are_the_same_bytes_whatever_they_come_in():
    for size in (1000, uploading.PIECE, 3 * uploading.PIECE + 1):
        chunks = [b"x" * size] * 3
        pieces = list(uploading.pieces(chunks))

        assert b"".join(pieces) == b"".join(chunks)
        assert all(len(piece) == uploading.PIECE for piece in pieces[:-1])


# The list of what was left out


def test_what_was_left_out_can_be_downloaded(uploaded):
    upload = uploaded('firstName,cell,note\n=cmd(),555,"a,\nb"\nAna,2125550101,x\nAna,2125550101,=1+1\n')

    assert list(csv.reader(io.StringIO("".join(rejected_csv(upload))))) == [
        ["Line", "Why", "Row"],
        ["2", "Not a valid phone number: 555", '\'=cmd(),555,"a,\nb"'],
        ["5", "The same number as on line 4", "Ana,,+12125550101,,,=1+1"],
    ]


# Two at once, and sudden ends. These commit, as several sessions do.


@pytest.mark.django_db(transaction=True)
def test_a_killed_load_leaves_nothing_and_a_second_run_completes(riverton, campaign, uploaded, now, monkeypatch):
    upload = uploaded(HEADINGS + "Abe,,555\n" + people(uploading.JOB))
    whole = loading.heed_late_opt_outs

    def killed(facts):
        whole(facts)
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(loading, "heed_late_opt_outs", killed)
    with pytest.raises(uploading.NOT_NOW):
        load(Upload.objects.get(pk=upload.pk), now=now)
    connection.close()

    half = Upload.objects.get(pk=upload.pk)
    assert half.state == Upload.State.RUNNING
    assert half.chunks.exists()
    assert not Contact.objects.exists()
    assert not Conversation.objects.exists()
    assert not RejectedRow.objects.exists()

    monkeypatch.undo()
    load(half, now=now)

    assert counts(half) == {"accepted": uploading.JOB, "duplicates": 0, "invalid": 1, "opted_out": 0}
    assert campaign.conversations.count() == uploading.JOB


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_list_is_read(riverton, campaign, uploaded, now, monkeypatch):
    upload = uploaded(HEADINGS + people(uploading.JOB))
    seen = []
    batch_of = loading.batch_of

    def watched(found):
        seen.append(in_another_session(lambda: Upload.objects.values_list("state", "read").get(pk=upload.pk)))
        return batch_of(found)

    monkeypatch.setattr(loading, "batch_of", watched)
    monkeypatch.setattr(uploading, "BATCH", 2_500)
    load(upload, now=now)

    assert seen == [("running", 0), ("running", 2_501)]


@pytest.mark.django_db(transaction=True)
def test_what_is_found_out_while_the_database_is_at_work_stops_it_all(campaign, uploaded, now, monkeypatch):
    monkeypatch.setattr(uploading, "BATCH", 100)
    upload = uploaded(HEADINGS + people(uploading.JOB) + 'Abe,"Never closed')

    load(upload, now=now)

    assert (upload.state, upload.accepted) == (Upload.State.FAILED, 0)
    assert "quotation mark" in upload.error
    assert not Contact.objects.exists()


def test_a_number_is_the_same_as_on_any_line_before(campaign, uploaded, monkeypatch):
    monkeypatch.setattr(uploading, "BATCH", 2)

    upload = uploaded(HEADINGS + people(5) + people(1, first=1) + people(1, first=7) + people(1, first=7))

    assert counts(upload) == {"accepted": 6, "duplicates": 2, "invalid": 0, "opted_out": 0}
    assert [row.why for row in upload.rejected.all()] == [
        "The same number as on line 3",
        "The same number as on line 8",
    ]


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_load_the_same_list_twice(riverton, campaign, staged, now, monkeypatch):
    upload = staged(HEADINGS + people(100))
    settle = loading.settle
    other = Later(lambda: load(Upload.objects.get(pk=upload.pk), now=now))

    def meanwhile(batch, facts):
        monkeypatch.undo()
        other.start()
        other.waits()
        return settle(batch, facts)

    monkeypatch.setattr(loading, "settle", meanwhile)
    load(upload, now=now)
    second = other.result()

    assert (upload.accepted, second.accepted) == (100, 100)
    assert campaign.contacts.count() == 100


@pytest.mark.django_db(transaction=True)
def test_two_lists_for_one_campaign_at_once_make_no_contact_twice(riverton, campaign, staged, now, monkeypatch):
    first, second = staged(HEADINGS + people(100)), staged(HEADINGS + people(100, first=50))
    late = loading.heed_late_opt_outs
    other = Later(lambda: load(Upload.objects.get(pk=second.pk), now=now))

    def meanwhile(facts):
        monkeypatch.undo()
        other.start()
        other.waits()
        late(facts)

    monkeypatch.setattr(loading, "heed_late_opt_outs", meanwhile)
    load(first, now=now)

    assert counts(other.result()) == {"accepted": 50, "duplicates": 50, "invalid": 0, "opted_out": 0}
    assert campaign.contacts.count() == 150


WAITED_FOR = """
    select exists (
        select from pg_locks l join pg_database d on d.oid = l.database
        where d.datname = current_database() and l.relation = 'contacts_optout'::regclass and not granted
    )
"""


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_that_is_under_way_is_waited_for(riverton, campaign, staged, now, monkeypatch):
    """Ana says STOP in another campaign: what it marks is not ours, which nobody sees yet."""
    (ana,) = riverton.conversations(riverton.campaign("Friday"))
    upload = staged(HEADINGS + f"Ana,Lopez,{ana.contact.cell}\n")
    late, written, loaded = loading.heed_late_opt_outs, threading.Event(), threading.Event()

    def stop():
        with transaction.atomic():
            opting_out.opt_out(ana, by=None, channel="text", words="STOP", now=now)
            written.set()
            while not (loaded.is_set() or found(WAITED_FOR)):
                pass

    other = Later(stop)

    def meanwhile(facts):
        other.start()
        assert written.wait(20)
        late(facts)

    monkeypatch.setattr(loading, "heed_late_opt_outs", meanwhile)
    load(upload, now=now)
    loaded.set()
    other.result()

    assert upload.accepted == 1
    assert campaign.conversations.get().opted_out


@pytest.mark.django_db(transaction=True)
def test_an_opt_out_at_the_last_moment_waits_and_marks_the_new_ones_too(riverton, campaign, staged, now, monkeypatch):
    (ana,) = riverton.conversations(riverton.campaign("Friday"))
    upload = staged(HEADINGS + f"Ana,Lopez,{ana.contact.cell}\n")
    late = loading.heed_late_opt_outs
    other = Later(lambda: opting_out.opt_out(ana, by=None, channel="text", words="STOP", now=now))

    def meanwhile(facts):
        late(facts)
        other.start()
        other.waits()

    monkeypatch.setattr(loading, "heed_late_opt_outs", meanwhile)
    load(upload, now=now)
    other.result()

    assert upload.accepted == 1
    assert campaign.conversations.get().opted_out


def found(question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def in_another_session(act):
    later = Later(act)
    later.start()
    return later.result()


class Later:
    """Something that another session does at the same time."""

    def __init__(self, act):
        self.act, self.pid, self.thread = act, None, None
        self.begun, self.outcome, self.error = threading.Event(), None, None

    def start(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        assert self.begun.wait(20)

    def run(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("select pg_backend_pid()")
                (self.pid,) = cursor.fetchone()
            self.begun.set()
            self.outcome = self.act()
        except Exception as error:
            self.error = error
        finally:
            connection.close()

    def waits(self):
        """Comes back when it waits for a lock of ours."""
        while self.thread.is_alive():
            if found(f"select exists (select from pg_locks where pid = {self.pid} and not granted)"):
                return
        raise AssertionError(f"It came to its end: {self.error or self.outcome}")

    def result(self):
        self.thread.join(20)
        assert not self.thread.is_alive()
        if self.error:
            raise self.error
        return self.outcome


@pytest.mark.django_db(transaction=True)
def test_a_killed_workers_job_begins_anew(uploaded):
    upload = uploaded(HEADINGS + people(uploading.JOB))
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing'")
    assert jobs_of(upload) == ["doing"]

    retry_stalled()

    assert jobs_of(upload) == ["todo"]
