"""From clean rows to contacts with their conversations, in the pool: by the database, in one transaction.

Rows are first copied to tables of this database session alone, in batches, so that no memory grows with the list;
then a few statements sort out what stays out and make the rest.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import Error, connection, transaction
from django.db.models import Count
from django.db.models.functions import Now

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
}

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
        min(line) over (partition by cell) as first,
        (
            select at from contacts_optout o
            where o.organization_id = %(organization)s and o.cell = r.cell and lifted_at is null
        ) as opted_out_at,
        exists (select from contacts_contact c where c.campaign_id = %(campaign)s and c.cell = r.cell) as known
    from upload_row r
) looked_up
where line > first or opted_out_at is not null or known
"""

# Rows that were understood are written as CSV again; those that were not are kept as they came.
REPORT = """
insert into contacts_rejectedrow (upload_id, line, reason, why, text)
select %(upload)s, line, %(invalid)s, left(why, 300), text from upload_invalid
union all
select %(upload)s, line, l.reason, l.why, written.row
from upload_left_out l join upload_row r using (line), lateral (
    select string_agg(
        case when value ~ '[",\\r\\n]' then '"' || replace(value, '"', '""') || '"' else value end, ',' order by place
    )
    from (
        select value, place from unnest(array[r.first_name, r.last_name, r.cell, r.zip, r.external_id])
            with ordinality known (value, place)
        union all
        select value, 5 + place from json_each_text(r.custom::json) with ordinality own (name, value, place)
    ) field
) written (row)
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
    from contacts_optout o join upload_row r using (cell)
    where o.organization_id = %(organization)s and o.lifted_at is null
)
update conversations_conversation set opted_out = true where id in (select id from barred)
"""


@contextmanager
def own_tables() -> Iterator[None]:
    """Within, the session has its tables for the rows of one list."""
    drop = f"drop table if exists {', '.join(f'pg_temp.{name}' for name in TABLES)}"
    execute(drop)
    for name, columns in TABLES.items():
        execute(f"create temporary table {name} ({columns})")
    try:
        yield
    finally:
        with suppress(Error):  # the session may be gone, and its tables with it
            execute(drop)


def keep(batch: Iterable[Row | Rejected]) -> int:
    """Copies the batch to this session's tables; returns the line it ends with."""
    line = 0
    good, bad = [], []
    for row in batch:
        line = row.line
        if isinstance(row, Row):
            good.append(row)
        else:
            bad.append(row)
    copy("upload_row", COLUMNS, map(as_columns, good))
    copy("upload_invalid", ("line", "why", "text"), bad)
    return line


def as_columns(row: Row) -> tuple[object, ...]:
    line, first_name, last_name, cell, zip_code, external_id, timezone, state, custom = row
    search_name = fold(f"{first_name} {last_name}".strip())[:SEARCHED]
    key = hours_key(Zone(timezone, state))
    said = as_json(custom)
    return line, cell, first_name, last_name, search_name, zip_code, external_id, said, timezone, state, key


as_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def copy(table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    statement = f"copy {table} ({', '.join(columns)}) from stdin"
    with connection.cursor() as cursor, cursor.copy(statement) as into:
        for row in rows:
            into.write_row(row)


@transaction.atomic
def settle(upload: Upload, headings: Iterable[str], *, now: dt.datetime) -> None:
    """Makes contacts and conversations of what was kept, and writes the report. Raises CampaignArchived."""
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
    execute("set local work_mem = '64MB'")
    execute("analyze upload_row (line, cell)")
    execute(LEAVE_OUT, facts)
    execute("analyze upload_left_out (line)")
    execute(REPORT, facts)
    upload.accepted = execute(ACCEPT, facts)
    # Foreign keys are checked now, before anybody could have to wait for it.
    execute("set constraints all immediate")
    if upload.accepted:
        opening = {"organization_id": campaign.organization_id, "campaign": campaign, "by": upload.by, "at": now}
        ledger.opening(Handoff(action=Action.OPENING, **opening), at=now)
    extend(campaign, headings if upload.accepted else ())
    finish(upload)
    heed_late_opt_outs(facts)


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
