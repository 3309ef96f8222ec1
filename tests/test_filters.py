"""One filter for list, count and hand-off: what each key means, and that all three mean the same."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import NOON
from textbank.assignments.reassigning import unassign
from textbank.contacts.folding import fold
from textbank.conversations.filters import READERS, BadFilter, Filter, Strangers
from textbank.conversations.models import Conversation, Move, Status, Tagging
from textbank.conversations.saying import parts, sentence
from textbank.organizations import people
from textbank.organizations.models import Tag, Team
from textbank.reports.listing import listed, order_of
from textbank.reports.pages import ORDERS, page, page_before
from textbank.reports.pages import parts as parts_of

NAMES = [
    ("María", "Gómez-Ruiz"),
    ("Omar", "O’Brien"),
    ("Łucja", "Nowak"),
    ("Mark", ""),
    ("Jo", "Ann Smith"),
    ("Ana", "Ma"),
]


@pytest.fixture
def full(riverton, now):
    """Conversations of every kind, in two campaigns and an archived one."""
    saturday, sunday = riverton.campaign("Saturday"), riverton.campaign("Sunday")
    past = riverton.campaign("Last year", archived_at=NOON)
    kind = Tag.objects.create(organization=riverton.organization, title="Kind")
    urgent = Tag.objects.create(organization=riverton.organization, title="Urgent", assignable=False)
    holders = [None, riverton.tess, riverton.theo, riverton.tara]
    for number in range(44):
        first_name, last_name = NAMES[number % 6]
        status = list(Status)[number % 5]
        waits = {"waiting_since": NOON - dt.timedelta(minutes=number)} if status == Status.NEEDS_RESPONSE else {}
        (one,) = riverton.conversations(
            [saturday, sunday, sunday, past][number % 4],
            holder=holders[number % 7 % 4],
            status=status,
            first_name=first_name,
            opted_out=number % 11 == 0,
            escalated=number % 9 == 0,
            last_activity=NOON - dt.timedelta(minutes=number // 2),
            **waits,
        )
        one.contact.last_name = last_name
        one.contact.search_name = fold(f"{first_name} {last_name}".strip())
        one.contact.save()
        if number % 9 == 0:
            Tagging.objects.create(conversation=one, tag=urgent)
        if number % 4 == 0:
            Tagging.objects.create(conversation=one, tag=kind)
    people.suspend(riverton.tara, by=riverton.ada, now=now)
    riverton.saturday, riverton.sunday, riverton.past = saturday, sunday, past
    riverton.kind, riverton.urgent = kind, urgent
    riverton.spanish = Team.objects.create(organization=riverton.organization, title="Spanish")
    riverton.leads = Team.objects.create(organization=riverton.organization, title="Leads")
    riverton.spanish.members.set([riverton.tess, riverton.tara])
    riverton.leads.members.set([riverton.tess, riverton.sue])
    return riverton


def find(town, **said) -> set[int]:
    return set(Filter.parse(said).conversations(town.ada, NOON).values_list("pk", flat=True))


def names(town, **said) -> set[str]:
    found = Conversation.objects.filter(pk__in=find(town, **said))
    return {one.contact.name for one in found.select_related("contact")}


# The keys


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("mar", {"María Gómez-Ruiz", "Mark"}),
        ("MARÍA", {"María Gómez-Ruiz"}),
        ("ma", {"María Gómez-Ruiz", "Mark", "Ana Ma"}),
        ("go mar", {"María Gómez-Ruiz"}),
        ("ruiz", {"María Gómez-Ruiz"}),
        ("Gómez, María", {"María Gómez-Ruiz"}),
        ("ómez", set()),
        ("uiz", set()),
        ("o'b", {"Omar O’Brien"}),
        ("o’brien", {"Omar O’Brien"}),
        ("lucja", {"Łucja Nowak"}),
        ("smith jo", {"Jo Ann Smith"}),
        ("mark nobody", set()),
        ("ma'r:* | x", set()),
        ("mar\\", set()),
        ("100%", set()),
    ],
)
def test_every_word_begins_a_word_of_the_name(full, asked, found):
    assert names(full, name=asked) == found


@pytest.mark.parametrize("said", ["", " ", "-", "...", "a\0b", "x" * 201])
def test_a_name_without_a_word_matches_nobody_by_refusal(said):
    with pytest.raises(BadFilter) as no:
        Filter.parse({"name": said})

    assert list(no.value.fields) == ["name"]


def test_a_number_is_found_whole_or_by_its_last_digits(riverton):
    campaign = riverton.campaign()
    (maria,) = riverton.conversations(campaign, cell="+12125550123")
    (omar,) = riverton.conversations(campaign, cell="+13125550123")

    assert find(riverton, phone="+1 (212) 555-0123") == {maria.pk}
    assert find(riverton, phone="212-555-0123") == {maria.pk}
    assert find(riverton, phone="1.312.555.0123") == {omar.pk}
    assert find(riverton, phone="0123") == {maria.pk, omar.pk}
    assert find(riverton, phone="5550123") == {maria.pk, omar.pk}
    assert find(riverton, phone="5550") == set()
    assert find(riverton, phone="+0123") == set()


@pytest.mark.parametrize("said", ["123", "", "12a45", "%%%%", "1" * 16, "１２３４", "++1234"])
def test_what_is_no_number_is_refused(said):
    with pytest.raises(BadFilter) as no:
        Filter.parse({"phone": said})

    assert list(no.value.fields) == ["phone"]


def test_who_is_suspended_can_be_asked_for(full):
    mine = find(full, texter="suspended", status=[status.key for status in Status])

    assert mine == find(full, texter=full.tara.pk)
    assert mine
    assert find(full, not_texter=["suspended", "unassigned"]) == find(full, texter=[full.tess.pk, full.theo.pk])


def test_a_team_s_are_its_members_as_they_are_now(full):
    assert find(full, team=full.spanish.pk) == find(full, texter=[full.tess.pk, full.tara.pk])
    assert find(full, team=[full.spanish.pk, full.leads.pk], not_texter=full.tess.pk) == find(full, texter=full.tara.pk)

    full.spanish.members.remove(full.tara)
    assert find(full, team=full.spanish.pk) == find(full, texter=full.tess.pk)

    full.spanish.members.clear()
    assert find(full, team=full.spanish.pk) == set()


def test_not_this_texter_leaves_what_nobody_has(full):
    assert find(full, not_texter=full.tess.pk) >= find(full, texter="unassigned")


def test_another_organizations_ids_are_strangers(full, otherton):
    theirs = Team.objects.create(organization=otherton.organization, title="Theirs")
    for said in ({"texter": otherton.yan.pk}, {"not_campaign": otherton.campaign().pk}, {"team": theirs.pk}):
        with pytest.raises(Strangers):
            find(full, **said)


def test_another_organizations_numbers_and_names_are_not_found(riverton, otherton):
    riverton.conversations(riverton.campaign(), cell="+12125550123")
    (theirs,) = otherton.conversations(otherton.campaign(), cell="+12125550123")

    assert theirs.pk not in find(riverton, phone="+12125550123") | find(riverton, phone="0123")


@pytest.mark.parametrize(
    "said",
    [
        {"campain": "1"},
        {"campaign": "x"},
        {"status": "open"},
        {"escalated": ["only", "include"]},
        {"waiting_minutes": "9" * 18},
        {"opted_out": "maybe"},
        {"status": []},
        {"texter": [], "escalated": "only"},
    ],
)
def test_what_is_not_understood_is_refused(said):
    with pytest.raises(BadFilter):
        Filter.parse(said)


# List, count and hand-off


def some(values, most=2):
    return st.lists(st.sampled_from(values), min_size=1, max_size=most, unique=True)


def a_filter(town):
    """Any of the keys with any of their values."""
    campaigns = [town.saturday.pk, town.sunday.pk, town.past.pk]
    holders = [town.tess.pk, town.theo.pk, town.tara.pk, "unassigned", "suspended"]
    tags = [town.kind.pk, town.urgent.pk]
    return st.fixed_dictionaries(
        {},
        optional={
            "campaign": some(campaigns),
            "not_campaign": some(campaigns),
            "campaign_state": some(["active", "archived"]),
            "status": some([status.key for status in Status], 3),
            "texter": some(holders),
            "not_texter": some(holders),
            "team": some([town.spanish.pk, town.leads.pk]),
            "opted_out": some(["false", "true"]),
            "tag": some(tags),
            "not_tag": some(tags),
            "escalated": st.sampled_from(["include", "only", "exclude"]),
            "name": st.sampled_from(["m", "ma", "mar gom", "o", "j a", "łucja", "brien"]),
            "phone": st.sampled_from(["2000", "+12122000001", "20000"]),
            "waiting_minutes": st.sampled_from([0, 10, 30]),
        },
    ).filter(bool)


def matches(one: Conversation, said, town) -> bool:
    """What the keys mean, said once more without a database."""
    holder = one.texter_id or "unassigned"
    held_by = {holder, "suspended"} if holder == town.tara.pk else {holder}
    teams = {town.spanish.pk: {town.tess.pk, town.tara.pk}, town.leads.pk: {town.tess.pk, town.sue.pk}}
    tags = {tagging.tag_id for tagging in one.taggings.all()}
    state = "archived" if one.campaign.archived_at else "active"
    named = fold(one.contact.name).replace("'", " ").replace("-", " ").split()
    waits = (NOON - one.waiting_since).total_seconds() / 60 if one.waiting_since else -1
    phone = said.get("phone", "")
    return all(
        (
            one.campaign_id in said.get("campaign", [one.campaign_id]),
            one.campaign_id not in said.get("not_campaign", []),
            state in said.get("campaign_state", ["active"]),
            Status(one.status).key in said.get("status", [Status(one.status).key]),
            bool(held_by & set(said["texter"])) if "texter" in said else True,
            not held_by & set(said.get("not_texter", [])),
            any(holder in teams[team] for team in said["team"]) if "team" in said else True,
            str(one.opted_out).lower() in said.get("opted_out", ["false"]),
            bool(tags & set(said["tag"])) if "tag" in said else True,
            not tags & set(said.get("not_tag", [])),
            {"include": True, "only": one.escalated, "exclude": not one.escalated}[said.get("escalated", "include")],
            all(any(word.startswith(part) for word in named) for part in fold(said.get("name", "")).split()),
            one.contact.cell == phone if phone.startswith("+") else one.contact.cell.endswith(phone),
            waits >= said["waiting_minutes"] if "waiting_minutes" in said else True,
        )
    )


def pages(found, order: str, limit: int) -> list[int]:
    """The whole list, page by page; on the way back every page is what it was on the way there."""
    first = there = page(found, order, "", limit, listed)
    shown = [first]
    while there.next:
        there = page(found, order, there.next, limit, listed)
        shown.append(there)
    assert first.previous is None
    for back in reversed(shown[:-1]):
        there = page_before(found, order, there.previous, limit, listed)
        assert [one.pk for one in there.rows] == [one.pk for one in back.rows]
        assert bool(there.next) == bool(back.next)
        assert (there.previous is None) == (back is first)
    return [one.pk for shown_page in shown for one in shown_page.rows]


IN_ORDER = {
    "activity": lambda one: (-one.last_activity.timestamp(), -one.pk),
    "unsent": lambda one: -one.pk,
    "activity of a name": lambda one: (-one.last_activity.timestamp(), -one.pk),
    "activity of escalated": lambda one: (-one.last_activity.timestamp(), -one.pk),
    "waiting": lambda one: (one.waiting_since is None, one.waiting_since or NOON, one.pk),
    "name": lambda one: (one.contact.search_name.encode(), one.pk),
}


def test_list_count_and_handoff_are_the_same_set(full, monkeypatch):
    everything = list(Conversation.objects.select_related("campaign", "contact").prefetch_related("taggings"))

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(
        a_filter(full), st.sampled_from(list(IN_ORDER)), st.sampled_from([3, 7, 50]), st.sampled_from([0, 10, 60_000])
    )
    def the_same(said, order, limit, few):
        monkeypatch.setattr("textbank.reports.pages.FEW", few)
        which = Filter.parse(said)
        found = which.conversations(full.ada, NOON)
        expected = [one for one in everything if matches(one, said, full)]

        shown = pages(found, order, limit)
        with transaction.atomic():
            act = unassign(which, by=full.ada, now=NOON)
            looked_at = set(Move.objects.filter(handoff=act).values_list("conversation", flat=True))
            transaction.set_rollback(True)

        assert shown == [one.pk for one in sorted(expected, key=IN_ORDER[order])]
        assert found.count() == which.count(full.ada, NOON) == len(shown)
        assert looked_at == set(shown)
        assert act.matched == act.moved + sum(act.left_alone.values()) == len(shown)

    the_same()


def test_a_filter_is_the_same_from_an_address_and_from_its_record(full):
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(a_filter(full))
    def the_same(said):
        from django.http import QueryDict

        which = Filter.parse(said)

        assert Filter.parse(QueryDict(which.as_query())) == which
        assert Filter.parse(which.as_json()) == which
        assert Filter.parse(which.as_json()).chosen == which.chosen == set(said)

    the_same()


def test_every_key_has_a_reader():
    assert set(READERS) == set(Filter.__dataclass_fields__) - {"chosen"}


# What it costs


def plan_of(found) -> str:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        text, given = found.query.sql_with_params()
        cursor.execute(f"explain {text}", given)
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.fixture
def crowd(riverton):
    """A few thousand contacts."""
    campaign = riverton.campaign(contacts=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with made as (
                insert into contacts_contact (organization_id, campaign_id, cell, first_name, last_name, search_name,
                    zip, external_id, custom, timezone, state)
                select %s, %s, '+1212' || 3000000 + n, 'F' || n % 97, 'L' || n % 89,
                    'f' || n % 97 || ' l' || n % 89, '', '', '{}', 'America/New_York', ''
                from generate_series(1, 4000) n returning id
            )
            insert into conversations_conversation (id, organization_id, campaign_id, last_activity, status, passes,
                opted_out, escalated, hours_key)
            select id, %s, %s, now(), 1, 1, false, false, 'America/New_York' from made
            """.replace("% ", "%% "),
            [riverton.organization.pk, campaign.pk] * 2,
        )
        cursor.execute("analyze contacts_contact")
        cursor.execute("analyze conversations_conversation")
    return riverton


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ({"name": "f12 l13"}, "contacts_by_word"),
        ({"phone": "3001234"}, "contacts_by_last_digits"),
        ({"phone": "+12123001234"}, "contacts_by_cell"),
    ],
)
def test_contacts_are_found_by_an_index(crowd, said, index):
    found = Filter.parse(said).conversations(crowd.ada, NOON)

    assert index in plan_of(found.order_by())


# The sentence


def test_a_filter_says_itself_in_parts_that_can_be_taken_away(full):
    which = Filter.parse(
        {
            "campaign": full.saturday.pk,
            "status": "needs_response,closed",
            "texter": ["unassigned", full.tess.pk],
            "team": full.spanish.pk,
            "not_tag": full.kind.pk,
            "waiting_minutes": 60,
            "name": "mar",
        }
    )

    said = parts(which, full.ada)

    assert sentence(which, full.ada) == (
        "Active campaigns · in Saturday · needs texter response · or closed · waiting an hour or longer · unassigned"
        " · or held by Tess Doe · held by team Spanish · not tagged Kind · named “mar…”"
    )
    assert not said[0].key
    without = [which.without(part.key, part.value) for part in said[1:]]
    assert without[1] == Filter.parse({**which.as_json(), "status": ["closed"]})
    assert "campaign" not in without[0].chosen
    assert all(len(one.chosen) <= len(which.chosen) and one != which for one in without)


def test_what_was_deleted_is_said_to_be_gone(full):
    which = Filter.parse({"tag": full.kind.pk})
    full.kind.delete()

    assert sentence(which, full.ada) == "Active campaigns · tagged a tag that is gone"


def test_names_of_another_organization_are_not_said(full, otherton):
    assert "Saturday" not in sentence(Filter.parse({"campaign": full.saturday.pk}), otherton.zed)


def test_what_lies_far_down_the_list_is_found_before_it_is_sorted(riverton):
    """Else the planner walks through everything that is newer, to fifty of the oldest."""
    campaign = riverton.campaign(contacts=3)
    found = Filter.parse({"campaign": campaign.pk}).conversations(riverton.ada, NOON)

    with CaptureQueriesContext(connection) as made:
        page(found, "activity", "", 50, listed)

    assert "ORDER BY COALESCE" in made[-1]["sql"]


def test_unsent_ones_by_activity_are_the_newest_first():
    assert order_of(Filter.parse({"status": "needs_first_message"}), "activity") == "unsent"
    assert order_of(Filter.parse({"status": "needs_first_message"}), "name") == "name"
    assert order_of(Filter.parse({"status": "needs_first_message,active"}), "activity") == "activity"
    assert order_of(Filter.parse({"status": "needs_first_message", "name": "ana"}), "activity") == "activity of a name"


def test_escalated_ones_stand_in_an_index_of_their_own(riverton):
    which = Filter.parse({"escalated": "only"})
    order = order_of(which, "activity")
    [part] = parts_of(which.conversations(riverton.ada, NOON), ORDERS[order], None)

    with connection.cursor() as cursor:
        cursor.execute("set local enable_sort = off")
        plan = plan_of(part.values("pk")[:50])

    assert order == "activity of escalated"
    assert "using conversations_escalated" in plan
    assert "Incremental Sort" in plan
