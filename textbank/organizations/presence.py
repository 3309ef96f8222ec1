"""When members were last seen with a page open."""

import datetime as dt

from textbank.organizations.models import Membership, Presence

# How often it is written down: with every request, reading a page would cost what writing does.
NOTICED = dt.timedelta(minutes=1)


def seen(member: Membership, now: dt.datetime) -> None:
    """Notes that the member is here, at most once a minute. `member.presence` should have been read along."""
    presence = getattr(member, "presence", None)
    if presence is None or presence.seen_at < now - NOTICED:
        Presence.objects.bulk_create(
            [Presence(membership=member, seen_at=now)],
            update_conflicts=True,
            unique_fields=["membership"],
            update_fields=["seen_at"],
        )
