"""What a load balancer and a monitor may ask without signing in."""

import pytest
from django.db import connection
from django.test import RequestFactory

from textbank import health, news

pytestmark = pytest.mark.django_db(transaction=True)


def ask(rf: RequestFactory):
    return health.readyz(rf.get("/readyz"))


@pytest.fixture
def worker():
    """A row such as a running worker writes, removed afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers default values")
        yield cursor
        cursor.execute("delete from procrastinate_workers")


def test_alive_says_so_without_asking_the_database(rf, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(news, "parameters", lambda: pytest.fail("a process may live without its database"))

    with django_assert_num_queries(0):
        assert health.healthz(rf.get("/healthz")).content == b"ok"


def test_ready_with_a_worker(rf, worker):
    answer = ask(rf)

    assert answer.status_code == 200
    assert b'"worker": "seen"' in answer.content


def test_a_worker_of_an_hour_ago_is_a_warning_and_not_a_refusal(rf, worker):
    worker.execute("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")

    answer = ask(rf)

    assert answer.status_code == 200
    assert b"textbank work" in answer.content


def test_not_ready_before_the_last_migration(rf):
    with connection.cursor() as cursor:
        cursor.execute("select app, name, applied from django_migrations order by id desc limit 1")
        last = cursor.fetchone()
        cursor.execute("delete from django_migrations where (app, name) = (%s, %s)", last[:2])

        answer = ask(rf)
        cursor.execute("insert into django_migrations (app, name, applied) values (%s, %s, %s)", last)

    assert answer.status_code == 503
    assert b"textbank migrate" in answer.content
    assert ask(rf).status_code == 200


def test_not_ready_on_an_empty_database(rf, monkeypatch):
    elsewhere = {**news.parameters(), "dbname": "template1"}
    monkeypatch.setattr(news, "parameters", lambda: elsewhere)

    assert ask(rf).status_code == 503


def test_not_ready_without_the_database_and_not_a_word_about_where_it_is(rf, monkeypatch):
    monkeypatch.setattr(news, "parameters", lambda: {"host": "/nowhere/secret", "dbname": "textbank"})

    answer = ask(rf)

    assert answer.status_code == 503
    assert b"does not answer" in answer.content
    assert b"secret" not in answer.content
