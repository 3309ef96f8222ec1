-- What data.py has the database make, statement by statement.

create temporary table bench_first as
select name, rank from unnest(%(first_names)s::text[]) with ordinality n (name, rank);

create temporary table bench_last as
select name, rank from unnest(%(last_names)s::text[]) with ordinality n (name, rank);

create temporary table bench_phrase as
select words, number from unnest(%(phrases)s::text[]) with ordinality p (words, number);

create temporary table bench_part as
select * from unnest(%(part_campaigns)s::bigint[], %(part_places)s::int[], %(part_members)s::bigint[],
    %(part_handoffs)s::bigint[]) p (campaign, place, member, handoff);

-- Every conversation as the dice have it. `said` is its thread: o for a text that went out, i for one that came in.
create temporary table bench_row as
select thrown.*, case when said = '' then born else least(began + (length(said) - 1) * gap, %(now)s) end last
from (
    select p.id, p.campaign, p.started, p.status, p.zone, p.first_name, p.last_name, p.taken_back, p.phrase,
        part.member holder, part.handoff,
        unassigned_dice < (array[.60, .10, .20, .05, .05])[status] unassigned,
        status in (3, 4) and tag_dice < .01 / .12 escalated,
        case when status in (3, 4) and other_tag_dice < .2 then 2 + floor(other_tag_dice * 20)::int end other_tag,
        status = 5 and opt_out_dice < .6 or status = 1 and opt_out_dice < .005 opted_out,
        '+1' || (array[212, 213, 312, 415, 617, 202, 305, 404, 713, 206])[1 + owner %% 10]
            || lpad((2200000 + owner / 10)::text, 7, '0') cell,
        case status
            when 1 then ''
            when 2 then repeat('o', 1 + (length_dice < .38)::int)
            when 3 then 'o' || repeat('io', (array[0, 1, 1, 2, 2])[1 + floor(length_dice * 5)::int]) || 'i'
            when 4 then 'o' || repeat('io', (array[2, 3, 3, 4, 5])[1 + floor(length_dice * 5)::int])
            else repeat('oi', 1 + (length_dice < .5)::int) || repeat('o', (end_dice < .7)::int)
        end said,
        started - gap_dice * interval '2 hours' born,
        started + begin_dice * .9 * (%(now)s - started) began,
        -7200 * ln(1 - gap_dice) * interval '1 second' gap
    from (
        -- A twin has the number of its neighbour in the campaign before, counted from the end: one in ten, for some
        -- neighbours are twins themselves and have given theirs away.
        select d.*, case when twin_dice < .111 and place <= neighbours then first - place else id end owner
        from (
            select c.*, first + place - 1 id, place,
                random() twin_dice, random() unassigned_dice, random() tag_dice, random() other_tag_dice,
                random() opt_out_dice, random() length_dice, random() end_dice, random() begin_dice, random() gap_dice,
                width_bucket(random(), array[0, .40, .85, .90, .97]) status,
                width_bucket(random(), %(first_ranks)s::float8[]) first_name,
                width_bucket(random(), %(last_ranks)s::float8[]) last_name,
                width_bucket(random() * 11, array[0, 5, 8, 9]) zone,
                1 + floor(random() * 1000)::int phrase
            from unnest(%(campaigns)s::bigint[], %(sizes)s::int[], %(firsts)s::bigint[], %(neighbours)s::int[],
                    %(texting)s::int[], %(starts)s::timestamptz[], %(taken_back)s::bigint[])
                c (campaign, size, first, neighbours, texting, started, taken_back),
                generate_series(1, size) place
        ) d
    ) p join bench_part part
        on part.campaign = p.campaign and part.place = ((p.place - 1) / %(block)s * 7919) %% texting
) thrown
order by id;

analyze bench_row;

-- Nobody texts a number that has opted out, in whichever campaign: its last text was before.
create temporary table bench_barred as
select cell, max(last) at from bench_row where cell in (select cell from bench_row where opted_out) group by cell;

insert into contacts_contact (id, organization_id, campaign_id, cell, first_name, last_name, search_name, zip,
    external_id, custom, timezone, state, created_at)
select id, %(organization)s, campaign, cell, f.name, l.name, lower(f.name || ' ' || l.name),
    (10000 + id %% 89999)::text, 'X' || id,
    jsonb_build_object('precinct', 'P-' || id %% 977, 'voter_id', 'V' || id, 'party', substr('DRI', 1 + (id %% 3)::int, 1),
        'event', 'Saturday canvass', 'polling_place', id %% 499 || ' Main St'),
    (%(zones)s::text[])[zone], '', born
from bench_row join bench_first f on f.rank = first_name join bench_last l on l.rank = last_name
order by id;

insert into conversations_message (organization_id, conversation_id, author_id, service_id, sender_id, direction, kind,
    status, pass_number, provider_id, text, error, created_at, sent_at, reported_at)
select %(organization)s, id, case when outgoing then holder end, %(service)s, %(sender)s,
    case when outgoing then %(outgoing)s else %(inbound)s end, case when k = 1 then %(first)s else %(reply)s end,
    case when outgoing then %(delivered)s else %(received)s end, case when k = 1 then 1 end, 'past-' || id || '-' || k,
    case when outgoing then 'Hi ' || f.name || ', this is Sam with the Campaign. Can you join us this Saturday at 10am'
        || ' to knock doors for our candidate? Reply STOP to quit. #' || id %% 100000 else words end,
    '', at, case when outgoing then at end, case when outgoing then at end
from (
    select r.*, k, substr(said, k, 1) = 'o' outgoing, least(began + (k - 1) * gap, %(now)s) at
    from bench_row r, generate_series(1, length(said)) k
) text join bench_first f on f.rank = first_name join bench_phrase on number = (phrase + k) %% 1000 + 1
order by at, id, k;

insert into conversations_conversation (id, organization_id, campaign_id, texter_id, sender_id, last_activity,
    waiting_since, last_inbound, held_since, worked_at, changed_in, status, passes, opted_out, escalated, hours_key)
select id, %(organization)s, campaign, case when not unassigned then holder end, case when said <> '' then %(sender)s end,
    last, case when said like '%%i' then last end, inbound.latest,
    case when not unassigned then started when said <> '' then last + interval '1 minute' end, worked.at,
    pg_current_xact_id(), status, 1, exists (select from bench_barred b where b.cell = r.cell), escalated,
    (%(zones)s::text[])[zone]
from bench_row r left join (
        select conversation_id, max(id) latest from conversations_message where direction = %(inbound)s group by 1
    ) inbound on inbound.conversation_id = r.id
    left join (
        select conversation_id, max(created_at) at from conversations_message where direction = %(outgoing)s group by 1
    ) worked on worked.conversation_id = r.id
order by id;

insert into conversations_activity (id, organization_id, at)
select id, organization_id, last_activity from conversations_conversation order by last_activity, id;

insert into conversations_move (handoff_id, conversation_id, giver_id, receiver_id, at)
select handoff, id, null, holder, started from bench_row where not unassigned or said <> '' order by started, handoff, id;

-- What is in the pool and was texted all the same was taken back.
insert into conversations_move (handoff_id, conversation_id, giver_id, receiver_id, at)
select taken_back, id, holder, null, last + interval '1 minute' from bench_row where unassigned and said <> ''
order by last, id;

update conversations_handoff h set matched = told.moved, moved = told.moved, gives = told.gives, shares = told.shares
from (
    select handoff_id, sum(count) moved, jsonb_object_agg(coalesce(giver_id::text, ''), count) gives,
        coalesce(jsonb_object_agg(receiver_id, count) filter (where receiver_id is not null), '{}') shares
    from (select handoff_id, giver_id, receiver_id, count(*) from conversations_move group by 1, 2, 3) grouped
    group by 1
) told
where h.id = told.handoff_id;

insert into conversations_tagging (conversation_id, tag_id, by_id, at)
select id, (%(tags)s::bigint[])[1], holder, last from bench_row where escalated
union all
select id, (%(tags)s::bigint[])[other_tag], holder, last from bench_row where other_tag is not null
order by 1, 2;

insert into contacts_optout (organization_id, cell, at, channel, words, lifted_because)
select %(organization)s, cell, at, 'text', 'STOP', '' from bench_barred order by at, cell;

drop table bench_first, bench_last, bench_phrase, bench_part, bench_row, bench_barred;

select setval(pg_get_serial_sequence('contacts_contact', 'id'), (select max(id) from contacts_contact));

vacuum analyze;
