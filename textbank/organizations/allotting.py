"""What the pools give a member: whether for the asking, replies too or first messages alone, and how many to hold."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from textbank import news
from textbank.organizations import audit
from textbank.organizations.models import Membership
from textbank.organizations.people import NotAllowed, may_change

COLUMNS = ("approval", "sends_only", "cap")
MOST = 100_000  # conversations to hold


class BadCap(ValueError):
    """A number that nobody can hold. `fields` says so, in words."""

    def __init__(self) -> None:
        self.fields = {"cap": f"Between 0 and {MOST:,} conversations; without a number there is no limit."}
        super().__init__(self.fields["cap"])


@transaction.atomic
def allot(members: Collection[Membership], *, by: Membership, **said: Any) -> list[Membership]:
    """Changes what is said (approval, sends_only, cap) for all of these, and nothing else; returns those who are
    treated otherwise from now on. Raises BadCap, and NotAllowed if one of them is not theirs to change."""
    if strange := said.keys() - set(COLUMNS):
        raise TypeError(f"A member is not allotted {', '.join(sorted(strange))}.")
    if said.get("cap") is not None and not 0 <= said["cap"] <= MOST:
        raise BadCap
    there = Membership.objects.filter(pk__in=[member.pk for member in members]).order_by("pk")
    those = list(there.select_for_update(of=("self",), no_key=True).select_related("user", "organization"))
    if not all(may_change(member, by=by) for member in those):
        raise NotAllowed
    return [member for member in those if changed(member, said, by)]


def changed(member: Membership, said: dict[str, Any], by: Membership) -> bool:
    was = {name: getattr(member, name) for name, value in said.items() if getattr(member, name) != value}
    for name in was:
        setattr(member, name, said[name])
    if was:
        member.save(update_fields=list(was))
        now = {name: said[name] for name in was}
        audit.record(member.organization, "texts changed", member.name, by=by, member=member.pk, was=was, now=now)
        news.tell([member.pk], "queue")
    return bool(was)
