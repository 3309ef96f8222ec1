"""What the commands do that hand conversations on: what was typed becomes a plan, and what came of it an answer."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.utils import timezone
from ninja.responses import NinjaJSONEncoder
from pydantic import BaseModel

from textbank.assignments import carrying_out, leaving, reassigning, releasing, undoing
from textbank.assignments.plans import BadPlan, Plan
from textbank.campaigns.models import Campaign
from textbank.conversations.filters import READERS, BadFilter, Filter, Strangers
from textbank.conversations.models import Action, Handoff, SavedFilter, State
from textbank.conversations.models.handoff import OutOfReach
from textbank.conversations.snapshots import BadSnapshot, Snapshot
from textbank.organizations import teams
from textbank.organizations.models import Membership, Role, Team
from textbank.organizations.people import LastOwner, NotAllowed
from textbank.reports import people, receipts, saved_filters
from textbank.reports.answers import AGAINST, HandoffShape, answer

LONGEST_REASON = 500
LOOK = 0.5  # seconds between two looks at how far a big one has come


class Refused(Exception):
    """It cannot be done; the text is a sentence that says why."""


def reassign(asked: argparse.Namespace) -> int:
    return hand_on(asked, Action.REASSIGN)


def unassign(asked: argparse.Namespace) -> int:
    return hand_on(asked, Action.UNASSIGN)


def hand_on(asked: argparse.Namespace, action: Action) -> int:
    by = handing_on(asked)
    with refusals():
        plan = Plan(
            action=action,
            by=by,
            now=timezone.now(),
            filter=which(asked, by),
            ticked=tuple(asked.conversation),
            texters=receivers(asked, by),
            as_of=Snapshot.parse(asked.as_of) if asked.as_of else None,
            **{key: getattr(asked, key) for key in ("include_escalated", "include_drafting", "limit", "expect")},
            reason=reason(asked),
            note=asked.note,
            client_id=asked.client_id,
        )
        return tell(reassigning.preview(plan) if asked.dry_run else reassigning.carry_out(plan), asked)


def receivers(asked: argparse.Namespace, by: Membership) -> tuple[Membership, ...]:
    named = [addressed(by, email) for email in asked.to]
    return tuple(teams.receivers([titled(by, title) for title in asked.to_team], after=named))


def release(asked: argparse.Namespace) -> int:
    by = admin(asked, "release")
    with refusals():
        wishes = {
            "by": by,
            "now": timezone.now(),
            "as_of": Snapshot.parse(asked.as_of) if asked.as_of else None,
            "reason": reason(asked),
            **{key: getattr(asked, key) for key in ("dry_run", "expect", "client_id")},
        }
        return tell(RELEASES[asked.what](asked, by, wishes), asked)


def unsent(asked: argparse.Namespace, by: Membership, wishes: dict[str, Any]) -> Handoff:
    if asked.idle_minutes is not None:
        raise Refused("A first message is not idle: leave out --idle-minutes.")
    return releasing.release_unsent(campaign(asked, by), **wishes)


def unreplied(asked: argparse.Namespace, by: Membership, wishes: dict[str, Any]) -> Handoff:
    return releasing.release_unreplied(campaign(asked, by), idle(asked), **wishes)


def unhandled(asked: argparse.Namespace, by: Membership, wishes: dict[str, Any]) -> Handoff:
    if asked.campaign is not None:
        raise Refused("Unhandled replies are released over all campaigns: leave out --campaign, or say “unreplied”.")
    return releasing.release_unhandled(idle(asked), **wishes)


RELEASES: dict[str, Callable[[argparse.Namespace, Membership, dict[str, Any]], Handoff]] = {
    "unsent": unsent,
    "unreplied": unreplied,
    "unhandled": unhandled,
}


def undo(asked: argparse.Namespace) -> int:
    by = handing_on(asked)
    rule = undoing.preview if asked.dry_run else undoing.undo
    with refusals():
        return tell(rule(handoff(asked, by), by=by, now=timezone.now()), asked)


def stop(asked: argparse.Namespace) -> int:
    by = handing_on(asked)
    with refusals():
        carrying_out.stop(handoff(asked, by), by=by)
    act = handoff(asked, by)
    print(as_json(answer(act)) if asked.json else f"{receipts.said(act)} It stops after the part it is at.")
    return 0


def suspend(asked: argparse.Namespace) -> int:
    by = admin(asked, "suspend")
    texters = [addressed(by, email) for email in asked.to]
    with refusals():
        left = leaving.suspend(addressed(by, asked.email), asked.then, texters, by=by, now=timezone.now())
    if left.handoff and left.handoff.state == State.RUNNING:
        wait(left.handoff)
    print(as_json(people.suspended(left)) if asked.json else farewell(left))
    return ended(left.handoff)


def farewell(left: leaving.Left) -> str:
    went = [in_words(left.handoff, answer(left.handoff))] if left.handoff else []
    return "\n".join([f"{left.member.name} is suspended.", *went])


def member(asked: argparse.Namespace) -> Membership:
    """Who acts."""
    people = Membership.objects.select_related("user", "organization__settings")
    found = people.filter(organization__slug=asked.org, user__email__iexact=asked.as_, suspended_at=None).first()
    if found is None:
        raise Refused(f"Nobody in {asked.org} has the e-mail address {asked.as_}.")
    return found


def handing_on(asked: argparse.Namespace) -> Membership:
    found = member(asked)
    if not found.may_hand_on:
        raise Refused(f"{found.name} may not hand conversations on in {asked.org}.")
    return found


def admin(asked: argparse.Namespace, act: str) -> Membership:
    found = member(asked)
    if not found.may(Role.ADMIN):
        raise Refused(f"{found.name} may not {act} in {asked.org}: it takes an admin.")
    return found


def handoff(asked: argparse.Namespace, by: Membership) -> Handoff:
    found = Handoff.objects.filter(organization_id=by.organization_id, pk=asked.id).first()
    if found is None:
        raise Refused(f"There is no hand-off {asked.id} in {asked.org}.")
    return found


def addressed(by: Membership, email: str) -> Membership:
    found = by.organization.memberships.select_related("user").filter(user__email__iexact=email).first()
    if found is None:
        raise Refused(f"Nobody in {by.organization.slug} has the e-mail address {email}.")
    return found


def titled(by: Membership, title: str) -> Team:
    found: Team | None = by.organization.teams.filter(title__iexact=title).first()
    if found is None:
        raise Refused(f"There is no team “{title}” in {by.organization.slug}.")
    return found


def campaign(asked: argparse.Namespace, by: Membership) -> Campaign:
    if asked.campaign is None:
        raise Refused("Say which campaign: --campaign ID.")
    found = Campaign.objects.filter(organization_id=by.organization_id, pk=asked.campaign).first()
    if found is None:
        raise Refused(f"There is no campaign {asked.campaign} in {asked.org}.")
    return found


def idle(asked: argparse.Namespace) -> int:
    if asked.idle_minutes is None:
        raise Refused("Say how long a reply must have been idle: --idle-minutes 60; 0 takes all.")
    return int(asked.idle_minutes)


def reason(asked: argparse.Namespace) -> str:
    if len(asked.reason) > LONGEST_REASON:
        raise Refused(f"A reason is at most {LONGEST_REASON} characters long.")
    return str(asked.reason)


def which(asked: argparse.Namespace, by: Membership) -> Filter | None:
    """The filter of the flags that were given; a texter may be an e-mail address too, a team its title."""
    said = {key: getattr(asked, key) for key in READERS if getattr(asked, key)}
    for key in ("texter", "not_texter"):
        if key in said:
            said[key] = [str(addressed(by, word).pk) if "@" in word else word for word in said[key]]
    if "team" in said:
        said["team"] = [
            word if word.replace(",", "").isdecimal() else str(titled(by, word).pk) for word in said["team"]
        ]
    if asked.saved is not None:
        if said or asked.conversation:
            raise Refused("Say which in one way: --saved, the flags of a filter, or --conversation.")
        return saved(asked.saved, by)
    # Without flags an empty filter, which is refused in words, unless conversations were named.
    return None if asked.conversation and not said else Filter.parse(said)


def saved(title: str, by: Membership) -> Filter:
    """What was saved under that name, as it reads today: one's own goes before the organization's."""
    named = SavedFilter.objects.visible_to(by).titled(title).own_first().select_related("owner__user")
    found = next(iter(saved_filters.read(named[:1], by)), None)
    if found is None:
        raise Refused(f"{by.name} has no filter called “{title}”, nor has everybody in {by.organization.slug}.")
    if found.which is None or found.trouble:
        raise Refused(f"“{title}” cannot be used. {found.trouble}")
    return found.which


@contextmanager
def refusals() -> Iterator[None]:
    """What the rules refuse by name, as a sentence."""
    try:
        yield
    except Strangers as no:
        raise Refused(f"There is no such {no} in the organization.") from None
    except NotAllowed:
        raise Refused("An admin changes people below admin, an owner everybody, nobody suspends themselves.") from None
    except LastOwner:
        raise Refused("An organization keeps at least one owner. Make somebody else owner first.") from None
    except BY_NAME as no:
        raise Refused(str(no)) from None


BY_NAME = (
    *(BadPlan, BadFilter, BadSnapshot, OutOfReach),
    *(carrying_out.NotRunning, undoing.StillRunning, undoing.AlreadyUndone),
)


def tell(act: Handoff, asked: argparse.Namespace) -> int:
    """Prints the answer, after waiting for a big one; returns the exit status."""
    if act.pk and act.state == State.RUNNING:
        wait(act)
    print(as_json(answer(act)) if asked.json else in_words(act, answer(act)))
    return ended(act)


def ended(act: Handoff | None) -> int:
    """The exit status."""
    return 1 if act and act.pk and act.state in {State.FAILED, State.STOPPED} else 0


def as_json(said: BaseModel) -> str:
    """As the API writes it, to the last digit."""
    return json.dumps(said.model_dump(), cls=NinjaJSONEncoder)


def wait(act: Handoff) -> None:
    """Carries it out, unless a worker does already, and says on stderr how far it is. Ctrl-C stops it."""
    with ThreadPoolExecutor(1) as hands:
        working = hands.submit(carry_on, act.pk)
        try:
            watch(act, working)
        except BaseException:
            Handoff.objects.filter(pk=act.pk, state=State.RUNNING).update(stop_asked=True)
            print("It stops after the part it is at; what it moved can be undone.", file=sys.stderr)
            raise


def carry_on(pk: int) -> None:
    try:
        carrying_out.go_on(pk)
    finally:
        connection.close()


def watch(act: Handoff, working: "Future[None]") -> None:
    shown = -1
    while True:
        act.refresh_from_db()
        if act.matched != shown:
            shown = act.matched
            print(f"{shown:,} of {act.total or 0:,}", file=sys.stderr)
        if act.state != State.RUNNING:
            return
        if working.done():
            working.result()
        time.sleep(LOOK)


def in_words(act: Handoff, said: HandoffShape) -> str:
    lines = [receipts.said(act)]
    lines += [f"  {share.count:,} to {share.texter.name}" for share in said.shares]
    if left := receipts.in_words(act):
        lines.append(f"Left alone: {', '.join(left)}.")
    lines += [f"{one.texter.name} {AGAINST[one.reason]}." for one in said.warnings]
    if act.pk:
        lines.append(f"It is hand-off {act.pk}.")
    return "\n".join(lines)
