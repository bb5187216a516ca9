"""Owns what tables and queues hold before a measure begins: years of rows, made within minutes.

Everything comes from one statement over generate_series. Ids are UUIDv7 as shared/ids.py makes
them, spread over the days before, so that indexes look as if they had grown.
"""

import json
from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg

from tests.bench.ground import OUR_QUEUE, Ground
from tests.bench.messages import Messages
from tests.factories import COMMUNITY

COMMUNITIES = 200
"""Those of one district; their codes are those of one street, which holds no case itself."""

# the oldest first, as generate_series gives them: ORDER BY would sort ten million rows on disk;
# younger than what the workers' housekeeping deletes
_SERIES: LiteralString = """
    SELECT n, at, (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || left(noise, 3) || 'a' || substr(noise, 4, 15))::uuid AS id
    FROM (
        SELECT n, md5(%(salt)s || n) AS noise,
            now() - %(age)s * interval '1 day' * (1 - n / (%(rows)s + 1.0)) AS at
        FROM generate_series(1, %(rows)s) AS n
    ) AS made
"""
_OUTBOX: LiteralString = f"""
    INSERT INTO outbox (event_id, event_type, subject, headers, body, created_at, sent_at)
    SELECT id, %(type)s, id, %(headers)s::jsonb
            || jsonb_build_object('ce-id', id::text, 'ce-subject', id::text),
        %(body)s, at, CASE WHEN %(sent)s THEN at END
    FROM ({_SERIES}) AS series
"""
_INBOX: LiteralString = f"""
    INSERT INTO inbox (consumer, event_id, claimed_at)
    SELECT %(consumer)s, id, at FROM ({_SERIES}) AS series
"""
_AREAS: LiteralString = """
    INSERT INTO areas (code, name, level, parent_code, version, created_at, updated_at)
    SELECT code, code, level, parent, 1, now(), now() FROM (
        SELECT left(%(community)s, length) AS code, level,
            nullif(left(%(community)s, parent_length), '') AS parent
        FROM (VALUES (2, 'province', 0), (4, 'city', 2), (6, 'district', 4), (9, 'street', 6))
            AS above (length, level, parent_length)
        UNION ALL SELECT left(%(community)s, 9) || lpad(n::text, 3, '0'), 'community',
            left(%(community)s, 9) FROM generate_series(1, %(communities)s) AS n
    ) AS wanted ON CONFLICT DO NOTHING
"""
_OWNER: LiteralString = "md5('p' || n %% 400)::uuid, 'P-' || n %% 400, '社区书记', {0}, {0}"
_PERSON: LiteralString = "md5('x' || n %% 400)::uuid"
_OWNED: LiteralString = _OWNER.replace("{0}", _PERSON)
# nine of ten are closed, the newest wait for somebody to take them up, the others are open
_CASES: LiteralString = f"""
    INSERT INTO cases (id, case_number, kind, case_class, area_code, place, title, description,
        severity, state, reported_at, filed_at, deadline, dispatched_at,
        territorial_post_id, territorial_post_code, territorial_post_name,
        territorial_first_responsible_id, territorial_directly_responsible_id,
        functional_post_id, functional_post_code, functional_post_name,
        functional_first_responsible_id, functional_directly_responsible_id,
        resolved_at, resolved_by, resolution, closed_at, closed_by,
        times_returned, times_reopened, version, created_at)
    SELECT id, 'B' || n, 'street_problem', 'exposed-litter',
        left(%(community)s, 9) || lpad((1 + n %% %(communities)s)::text, 3, '0'),
        '3 幢楼下', '暴露垃圾', '垃圾散落在桶外，两天没人收', 2,
        CASE WHEN n %% 10 = 0 THEN 'dispatched' ELSE 'closed' END,
        at, at, at + interval '3 days', at, {_OWNED}, {_OWNED},
        CASE WHEN n %% 10 <> 0 THEN at END, CASE WHEN n %% 10 <> 0 THEN {_PERSON} END,
        CASE WHEN n %% 10 <> 0 THEN '已清运' END, CASE WHEN n %% 10 <> 0 THEN at END,
        CASE WHEN n %% 10 <> 0 THEN md5('y' || n)::uuid END, 0, 0, 4, at
    FROM ({_SERIES}) AS series
"""
_EMPTY_CASES = "SET session_replication_role = replica; TRUNCATE cases CASCADE; TRUNCATE outbox"
"""Without the trigger that keeps a case's history from being deleted."""


def add_sent(ground: Ground, rows: int) -> None:
    """Add rows to the outbox that were sent within the last twenty days."""
    _outbox(ground, rows, sent=True)


def add_unsent(ground: Ground, rows: int) -> None:
    """Add rows to the outbox that wait, of the last hour."""
    _outbox(ground, rows, sent=False)


def _outbox(ground: Ground, rows: int, sent: bool) -> None:
    (event,) = Messages(1)
    values = {
        "type": event.type,
        "headers": json.dumps(event.headers),
        "body": event.body,
        "sent": sent,
        **_series(rows, 20 if sent else 1 / 24),
    }
    _fill(ground, "grid", "outbox", _OUTBOX, values)


def add_claims(ground: Ground, rows: int) -> None:
    """Add claims to the inbox, of events that the same consumer handled within eighty days."""
    values = {"consumer": OUR_QUEUE, **_series(rows, 80)}
    _fill(ground, "inspections", "inbox", _INBOX, values)


def set_cases(ground: Ground, rows: int) -> None:
    """Let `grid` have exactly so many cases, of a year, in two hundred communities."""
    ground.execute(ground.url("grid"), _EMPTY_CASES)
    values = {"community": COMMUNITY, "communities": COMMUNITIES, **_series(rows, 365)}
    _fill(ground, "grid", "areas", _AREAS, values)
    _fill(ground, "grid", "cases", _CASES, values)


def _series(rows: int, age: float) -> dict[str, Any]:
    (salt,) = Messages(1)
    return {"rows": rows, "age": age, "salt": str(salt.id)}


def _fill(
    ground: Ground, service: str, table: str, statement: LiteralString, values: Mapping[str, Any]
) -> None:
    """Run one statement, and leave the table as housekeeping would have: vacuumed, on disk."""
    with psycopg.connect(ground.url(service), autocommit=True) as connection:
        connection.execute(statement, values)
        connection.execute(f"VACUUM ANALYZE {table}")
    ground.execute(ground.nodes.postgres_admin_url, "CHECKPOINT")
