"""Statements written by hand: planned once a connection, and otherwise like those of the ORM."""

import pytest
from django.db import IntegrityError, connection, transaction

from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact
from textbank.prepared import Columns, row, rows


def test_a_statement_is_planned_once_a_connection(riverton, otherton):
    found = [
        rows("select o.name from organizations_organization o where o.slug = %(slug)s", {"slug": slug})
        for slug in ("riverton", "otherton", "nowhere", "riverton")
    ]

    names = (riverton.organization.name, otherton.organization.name)
    assert found == [[names[:1]], [names[1:]], [], [names[:1]]]
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_prepared_statements where statement like 'select o.name%'")
        assert cursor.fetchone() == (1,)


def test_what_was_not_read_is_read_when_somebody_asks(riverton, django_assert_num_queries):
    [thread] = riverton.conversations(riverton.campaign())
    columns = Columns(Contact, "k", "id", "custom", "first_name")
    Contact.objects.update(custom={"precinct": "P-7"})

    contact = columns.take(row(f"select {columns} from contacts_contact k where k.id = %(id)s", {"id": thread.pk}))

    assert (contact.pk, contact.custom, contact.first_name) == (thread.pk, {"precinct": "P-7"}, "Maria")
    with django_assert_num_queries(1):
        assert contact.cell == thread.contact.cell


def test_columns_that_are_not_there_are_refused():
    with pytest.raises(ValueError, match="Campaign has not all of id, tilte"):
        Columns(Campaign, "a", "id", "tilte")


def test_it_is_counted_and_fails_as_the_orms_statements_do(riverton, django_assert_num_queries):
    make = "insert into organizations_organization (slug, name, created_at) values (%(slug)s, '', now()) returning id"

    # savepoint, statement, back to the savepoint and rid of it
    with django_assert_num_queries(4), pytest.raises(IntegrityError, match="slug"), transaction.atomic():
        rows(make, {"slug": riverton.organization.slug})
