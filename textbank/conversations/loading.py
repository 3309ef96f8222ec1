"""From clean rows to contacts with their conversations, in the pool: by the database, in one transaction.

Batch by batch, so that no memory grows with the list, rows are copied to tables of this transaction alone; then a few
statements sort out what stays out and make the rest.
"""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count
from django.db.models.functions import Now
from pydantic_core import to_json

from textbank.campaigns import blanks
from textbank.campaigns.models import Campaign
from textbank.contacts.folding import fold
from textbank.contacts.models import RejectedRow, Upload
from textbank.contacts.reading import Rejected, Row
from textbank.contacts.zones import Zone, hours_key
from textbank.conversations import ledger
from textbank.conversations.models import Action, Handoff, Status
from textbank.conversations.sending import CampaignArchived

SEARCHED = 401  # characters of the folded name that are kept

COLUMNS = (
    *("line", "cell", "first_name", "last_name", "search_name", "zip", "external_id", "custom"),
    *("timezone", "state", "hours_key"),
)
TABLES = {
    "upload_row": "line int, " + ", ".join(f"{name} text" for name in COLUMNS[1:]),
    "upload_invalid": "line int, why text, text text",
    "upload_left_out": "line int, reason text, why text",
    # Every number of the whole list, with the line it is on first.
    "upload_cell": "cell text primary key, line int",
}

NOTE_CELLS = (
    "insert into upload_cell select cell, min(line) from upload_row group by cell order by cell on conflict do nothing"
)

# The first of a number wins; then whoever opted out, or is in the campaign already, stays out. Looked up row by row:
# the planner knows nothing of a campaign that was just filled, and a join could go through all of it for each row.
LEAVE_OUT = """
insert into upload_left_out
select line,
    case when line = first and opted_out_at is not null then %(opted_out)s else %(duplicate)s end,
    case
        when line > first then 'The same number as on line ' || first
        when opted_out_at is null then 'Already in this campaign'
        else 'Opted out on ' || to_char(opted_out_at at time zone %(timezone)s, 'FMMonth FMDD, YYYY')
    end
from (
    select line,
        (select c.line from upload_cell c where c.cell = r.cell) as first,
        (
            select at from contacts_optout o
            where o.organization_id = %(organization)s and o.cell = r.cell and lifted_at is null
        ) as opted_out_at,
        (select true from contacts_contact c where c.campaign_id = %(campaign)s and c.cell = r.cell) as known
    from upload_row r
) looked_up
where line > first or opted_out_at is not null or known
"""

# Rows that were understood are written as CSV again; those that were not are kept as they came.
REPORT = """
insert into contacts_rejectedrow (upload_id, line, reason, why, text)
select %(upload)s, line, %(invalid)s, left(why, 300), text from upload_invalid
union all
select %(upload)s, line, l.reason, l.why, (
    select string_agg(
        case when value ~ '[",\\r\\n]' then '"' || replace(value, '"', '""') || '"' else value end, ',' order by place
    )
    from (
        select value, place from unnest(array[r.first_name, r.last_name, r.cell, r.zip, r.external_id])
            with ordinality known (value, place)
        union all
        select value, 5 + place from json_each_text(r.custom::json) with ordinality own (name, value, place)
    ) field
)
from upload_left_out l join upload_row r using (line)
"""

ACCEPT = """
with accepted as materialized (
    select nextval((select pg_get_serial_sequence('contacts_contact', 'id'))::regclass) as id, kept.*
    from (
        select * from upload_row r where not exists (select from upload_left_out l where l.line = r.line) order by line
    ) kept
), contacts as (
    insert into contacts_contact (id, organization_id, campaign_id, upload_id, cell, first_name, last_name, search_name,
        zip, external_id, custom, timezone, state, created_at)
    select id, %(organization)s, %(campaign)s, %(upload)s, cell, first_name, last_name, search_name,
        zip, external_id, custom::jsonb, timezone, state, %(now)s
    from accepted
)
insert into conversations_conversation (id, organization_id, campaign_id, last_activity, changed_in, status, passes,
    opted_out, escalated, hours_key)
select id, %(organization)s, %(campaign)s, %(now)s, pg_current_xact_id(), %(status)s, 1, false, false, hours_key
from accepted
"""

HEED_LATE_OPT_OUTS = """
with barred as materialized (
    select (
        select c.id from contacts_contact c
        where c.campaign_id = %(campaign)s and c.cell = r.cell and c.upload_id = %(upload)s
    )
    from contacts_optout o join upload_cell r using (cell)
    where o.organization_id = %(organization)s and o.lifted_at is null
)
update conversations_conversation set opted_out = true where id in (select id from barred)
"""


class Batch(NamedTuple):
    """What comes next in a list: rows to load, as CSV, rows that make no contact, and the line it ends with."""

    rows: str
    invalid: list[Rejected]
    end: int


def batch_of(found: Sequence[Row | Rejected]) -> Batch:
    rows = io.StringIO()
    # Quoted, what is empty is empty and not null.
    csv.writer(rows, quoting=csv.QUOTE_ALL).writerows(as_columns(row) for row in found if isinstance(row, Row))
    return Batch(rows.getvalue(), [row for row in found if isinstance(row, Rejected)], found[-1].line)


def as_columns(row: Row) -> tuple[object, ...]:
    line, first_name, last_name, cell, zip_code, external_id, timezone, state, custom = row
    search_name = fold(f"{first_name} {last_name}".strip())[:SEARCHED]
    key = hours_key(Zone(timezone, state))
    said = to_json(custom).decode()
    return line, cell, first_name, last_name, search_name, zip_code, external_id, said, timezone, state, key


def own_tables() -> None:
    """Makes the tables for the rows of one list; they go with the transaction."""
    execute(f"drop table if exists {', '.join(f'pg_temp.{name}' for name in TABLES)}")
    for name, columns in TABLES.items():
        execute(f"create temporary table {name} ({columns}) on commit drop")


def copy(table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    statement = f"copy {table} ({', '.join(columns)}) from stdin"
    with connection.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)


@transaction.atomic
def load(upload: Upload, batches: Iterable[Batch], headings: Iterable[str], *, now: dt.datetime) -> None:
    """Makes contacts and conversations of the whole list, and writes the report. Raises CampaignArchived."""
    campaign = upload.campaign
    facts = {
        "organization": campaign.organization_id,
        "campaign": campaign.pk,
        "upload": upload.pk,
        "timezone": campaign.timezone,
        "now": now,
        "status": Status.NEEDS_FIRST_MESSAGE.value,
        **{reason.value: reason.value for reason in RejectedRow.Reason},
    }
    # Two lists for one campaign go one after the other: each must see the other's numbers.
    execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"contacts of campaign {campaign.pk}"])
    # Foreign keys are checked with each batch, before anybody could have to wait for it.
    execute("set constraints all immediate")
    own_tables()
    upload.accepted = sum(settle(batch, facts) for batch in batches)
    if upload.accepted:
        opening = {"organization_id": campaign.organization_id, "campaign": campaign, "by": upload.by, "at": now}
        ledger.opening(Handoff(action=Action.OPENING, **opening), at=now)
    extend(campaign, headings if upload.accepted else ())
    finish(upload)
    heed_late_opt_outs(facts)


def settle(batch: Batch, facts: Mapping[str, Any]) -> int:
    """Returns how many contacts it brought."""
    execute("truncate upload_row, upload_invalid, upload_left_out")
    with connection.cursor() as cursor, cursor.copy("copy upload_row from stdin (format csv)") as into:
        into.write(batch.rows)
    copy("upload_invalid", ("line", "why", "text"), batch.invalid)
    execute(NOTE_CELLS)
    execute(LEAVE_OUT, facts)
    execute(REPORT, facts)
    return execute(ACCEPT, facts)


def extend(campaign: Campaign, headings: Iterable[str]) -> None:
    """Adds the list's own headings to the campaign's, and looks once more whether it takes contacts."""
    fresh = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    refuse_archived(fresh)
    known = {blanks.key(name) for name in fresh.custom_fields}
    fresh.custom_fields += [name for name in headings if blanks.key(name) not in known]
    fresh.save(update_fields=["custom_fields"])
    campaign.custom_fields = fresh.custom_fields


def refuse_archived(campaign: Campaign) -> None:
    if campaign.archived_at:
        raise CampaignArchived("This campaign is archived. Unarchive it first to add contacts.")


def finish(upload: Upload) -> None:
    reasons = upload.rejected.order_by().values_list("reason").annotate(count=Count("pk"))
    counts = dict(reasons)
    upload.invalid = counts.get(RejectedRow.Reason.INVALID, 0)
    upload.duplicates = counts.get(RejectedRow.Reason.DUPLICATE, 0)
    upload.opted_out = counts.get(RejectedRow.Reason.OPTED_OUT, 0)
    upload.state, upload.read, upload.finished_at = Upload.State.DONE, upload.lines, Now()
    upload.save()
    upload.chunks.all().delete()


def heed_late_opt_outs(facts: Mapping[str, Any]) -> None:
    """Marks whoever opted out while the list was loading.

    An opt-out marks the conversations it sees, and ours are not to be seen before we commit. So the very last thing is
    a lock that waits for those opt-outs under way, then a look at what they wrote; those that come after wait
    the moment until our commit, and then see our conversations. Nobody waits longer than this one statement takes.
    """
    execute("lock table contacts_optout in share mode")
    execute(HEED_LATE_OPT_OUTS, facts)


def execute(statement: str, given: Mapping[str, Any] | Sequence[Any] | None = None) -> int:
    """Returns how many rows were written."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return int(cursor.rowcount)
