"""Message Review over HTTP, its pages and its counts apart, each beside the same rows by a query written by hand.

One request at a time, as its admin makes them; page and query take turns. Both must find the same rows.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.db.models import Count, F
from django.test import Client

from bench.figures import Row, Watched, cpu, latencies, processor, watched
from bench.load import Ask, drive
from bench.running import Running, signed_in
from textbank.campaigns.models import Campaign
from textbank.contacts.models import Contact, beginnings, words_of
from textbank.conversations.models import Conversation, Status
from textbank.organizations.models import Membership, Organization, Role
from textbank.reports import pages
from textbank.web.review import PAGE

DEEP = 200  # pages
WARM, EACH = 3, 10  # requests before a clock runs, and in a turn
TURNS, QUICK_TURNS = 10, 2
PATIENCE = 20  # seconds for the turns of one row

FLOOR = """
with found as {first_found} (
    select c.*, {latest} latest from conversations_conversation c {joins} where c.organization_id = %(organization)s and {where}
)
select page.*, t.cell, t.first_name, t.last_name, p.title, u.first_name, u.last_name, said.text, said.direction,
    said.created_at, array(
        select w.title from conversations_tagging g join organizations_tag w on w.id = g.tag_id
        where g.conversation_id = page.id
    )
from (select * from found order by latest desc, id desc limit 51) page
    join contacts_contact t on t.id = page.id
    join campaigns_campaign p on p.id = page.campaign_id
    left join organizations_membership m on m.id = page.texter_id left join organizations_user u on u.id = m.user_id
    left join lateral (
        select m.text, m.direction, m.created_at from conversations_message m where m.conversation_id = page.id
        order by m.id desc limit 1
    ) said on true
order by page.latest desc, page.id desc
"""
# Campaigns are of one organization already: with nothing else said, an index alone can answer.
COUNT = "select count(*) from conversations_conversation c {joins} where {where}"
# One goes along everything in the index that stands beside the conversations.
ALONG = "join conversations_activity a on a.id = c.id and a.organization_id = %(organization)s"
CONTACT = "join contacts_contact n on n.id = c.id and n.organization_id = %(organization)s"
EVERYWHERE = "c.campaign_id = any(%(active)s::bigint[]) and not c.opted_out"


@dataclass(frozen=True)
class Look:
    """One way of looking at Message Review: as its address says it, and as SQL does."""

    asked: dict[str, Any]
    where: str
    joins: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    # Whether all that match are looked up and sorted, because few do, or one goes along the list until a page is full.
    few: bool = False
    # Before its first message nothing happens in a conversation: the newest stands first.
    unsent: bool = False

    def query(self, template: str) -> str:
        along = template is FLOOR and not self.few
        latest = "c.id" if self.unsent else "a.at" if along else "c.last_activity"
        return template.format(
            where=f"{EVERYWHERE} and {self.where}".format(latest=latest, key="a.id" if along else "c.id"),
            joins=f"{self.joins} {ALONG if along else ''}",
            first_found="materialized" if self.few else "not materialized",
            latest=latest,
        )


def rows(organization: Organization, textbank: Running, wanted: Sequence[str], *, quick: bool) -> Iterator[Row]:
    desk = Desk(organization, textbank, QUICK_TURNS if quick else TURNS)
    for name in wanted:
        kind, _, look = name.partition("-")
        yield (desk.count if kind == "count" else desk.page)(name, LOOKS[look](organization))


class Desk:
    """Where the owner sits, signed in, before a browser and before this process's own Textbank."""

    def __init__(self, organization: Organization, textbank: Running, turns: int) -> None:
        owner = Membership.objects.select_related("user").get(organization=organization, role=Role.OWNER)
        active = Campaign.objects.filter(organization=organization, archived_at=None)
        self.textbank, self.turns = textbank, turns
        self.here = f"/{organization.slug}/admin/message-review/"
        self.client = Client(HTTP_HOST="127.0.0.1")
        self.client.force_login(owner.user)
        self.cookies = signed_in(owner)
        self.given = {"organization": organization.pk, "active": list(active.values_list("pk", flat=True))}

    def page(self, name: str, look: Look) -> Row:
        address = self.address(look)
        seen = self.looked(address)
        self.check(name, look, seen.result.text)
        return self.beside_floor(name, address, look, FLOOR, statements=seen.statements)

    def check(self, name: str, look: Look, page: str) -> None:
        """Raises RuntimeError if the page shows other rows than the query by hand finds, or none."""
        shown = [int(pk) for pk in re.findall(r'<tr id="row-(\d+)"', page)]
        by_hand = [row[0] for row in self.ask(look, FLOOR)][:PAGE]
        if shown != by_hand or not shown:
            raise RuntimeError(f"{name} shows {shown}, and the query by hand {by_hand}.")

    def count(self, name: str, look: Look) -> Row:
        address = self.address(look, "count/")
        seen = self.looked(address)
        if f"{self.matches(look):,}" not in seen.result.text:
            raise RuntimeError(f"{name} says {seen.result.text} and not {self.matches(look):,}.")
        return self.beside_floor(name, address, look, COUNT, statements=seen.statements)

    def address(self, look: Look, part: str = "") -> str:
        return f"{self.here}{part}?{urlencode(look.asked)}"

    def looked(self, address: str) -> Watched:
        """The same page in this process, where its statements can be counted; the second time, as nearly always."""
        self.client.get(address)
        return watched(partial(self.client.get, address))

    def beside_floor(self, name: str, address: str, look: Look, by_hand: str, *, statements: int) -> Row:
        floors, taken, spent = [], [], Counter[str]()
        self.drive(address, WARM)
        begun = time.monotonic()
        for turn in range(self.turns):
            if turn >= QUICK_TURNS and time.monotonic() - begun > PATIENCE:
                break
            with cpu(self.textbank.processes) as now_spent:
                taken += self.drive(address, EACH)
            spent.update(now_spent)
            floors += [watched(partial(self.ask, look, by_hand)).seconds for _ in range(EACH)]
        return latencies(
            name,
            self.matches(look),
            taken,
            floor_seconds=median(floors),
            statements=statements,
            note=processor(spent, len(taken)),
        )

    def drive(self, address: str, times: int) -> list[float]:
        answers = drive(self.textbank.url, [Ask(address, self.cookies)] * times, at_once=1)
        if set(answers.statuses) != {200}:
            raise RuntimeError(f"{address} answers {answers.statuses}: {answers.first_refusal}")
        return answers.taken

    def matches(self, look: Look) -> int:
        return int(self.ask(look, COUNT)[0][0])

    def ask(self, look: Look, template: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(look.query(template), {**self.given, **look.given})
            return cursor.fetchall()


def everything(organization: Organization) -> Look:
    return Look({"campaign_state": "active"}, "true")


def unsent_in_the_pool(organization: Organization) -> Look:
    """Of the campaign that has nearly thirty thousand such."""
    campaign = nearest(Campaign.objects.filter(organization=organization), "conversations", 120_000)
    return Look(
        {"campaign": campaign, "status": "needs_first_message", "texter": "unassigned"},
        "c.campaign_id = %(campaign)s and c.status = %(status)s and c.texter_id is null",
        given={"campaign": campaign, "status": Status.NEEDS_FIRST_MESSAGE},
        few=True,
        unsent=True,
    )


def needing_response(organization: Organization) -> Look:
    return Look({"status": "needs_response"}, "c.status = %(status)s", given={"status": Status.NEEDS_RESPONSE})


def of_a_texter(organization: Organization) -> Look:
    texter = nearest(organization.memberships.filter(role=Role.TEXTER), "conversations", 3_500)
    return Look({"texter": texter}, "c.texter_id = %(texter)s", given={"texter": texter}, few=True)


def escalated(organization: Organization) -> Look:
    return Look({"escalated": "only"}, "c.escalated", few=True)


def named(organization: Organization) -> Look:
    """By a first and a last name, those that most have. Whoever knows which is which needs no index of words."""
    names = [commonest(organization, column) for column in ("first_name", "last_name")]
    return Look(
        {"name": " ".join(names)},
        "n.search_name between %(name)s and %(name)s || '~'",
        CONTACT,
        {"name": " ".join(names).lower()},
        few=True,
    )


def begun(organization: Organization) -> Look:
    """By the beginning of the last name that most have."""
    beginning = commonest(organization, "last_name")[:3]
    return Look(
        {"name": beginning},
        f"{words_of('n.search_name')} @@ %(words)s::tsquery",
        CONTACT,
        {"words": beginnings([beginning.lower()])},
    )


def numbered(organization: Organization) -> Look:
    cell = Contact.objects.filter(organization=organization).order_by("-pk").values_list("cell", flat=True)[0]
    return Look({"phone": cell}, "n.cell = %(cell)s", CONTACT, {"cell": cell}, few=True)


def deep(organization: Organization) -> Look:
    """Everything, two hundred pages on by its keyset."""
    found = Conversation.objects.filter(organization=organization, opted_out=False)
    last = found.order_by("-last_activity", "-pk")[DEEP * PAGE - 1]
    return Look(
        {"campaign_state": "active", "after": pages.token("activity", pages.ORDERS["activity"], last)},
        "({latest}, {key}) < (%(at)s, %(last)s)",
        given={"at": last.last_activity, "last": last.pk},
    )


def nearest(owners: Any, what: str, number: int) -> int:
    """The id of the one that has most nearly so many."""
    sizes = owners.annotate(size=Count(what)).order_by("pk").values_list("pk", "size")
    return min(sizes, key=lambda one: abs(one[1] - number))[0]


def commonest(organization: Organization, column: str) -> str:
    names = Contact.objects.filter(organization=organization).values_list(column).order_by()
    return names.annotate(count=Count("pk")).order_by(F("count").desc(), column)[0][0]


LOOKS: dict[str, Callable[[Organization], Look]] = {
    "default": everything,
    "campaign-unsent-unassigned": unsent_in_the_pool,
    "needs-response": needing_response,
    "texter": of_a_texter,
    "escalated": escalated,
    "name": named,
    "name-beginning": begun,
    "phone": numbered,
    "deep": deep,
}
NAMES = ("count-default", "count-campaign-unsent-unassigned", *(f"review-{name}" for name in LOOKS))
