"""Who has a page open is seen, and that costs next to nothing."""

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON
from textbank.organizations import presence
from textbank.organizations.models import Membership, Presence


def look(member, now):
    with CaptureQueriesContext(connection) as asked:
        presence.seen(Membership.objects.select_related("presence").get(pk=member.pk), now)
    return len(asked) - 1


def test_a_member_is_noticed_once_a_minute(riverton):
    first = look(riverton.tess, NOON)
    again = look(riverton.tess, NOON + dt.timedelta(seconds=59))
    later = look(riverton.tess, NOON + dt.timedelta(seconds=61))

    assert (first, again, later) == (1, 0, 1)
    assert Presence.objects.get().seen_at == NOON + dt.timedelta(seconds=61)


def test_every_page_notices_who_opened_it(client, riverton):
    client.force_login(riverton.ada.user)

    client.get("/riverton/admin/people/")

    assert Presence.objects.get().membership == riverton.ada
