"""The SQL statements for the log on PostgreSQL, in the library's tables and one of ours. `%b` stands for a value."""

from infrastructure.event_store.postgres_connections import SCHEMA
from infrastructure.postgres import APPENDING

EVENTS = f"{SCHEMA}.fulfillment_events"
TRACKING = f"{SCHEMA}.fulfillment_tracking"
PARKED = f"{SCHEMA}.parked"
_COLUMNS = "originator_id, originator_version, topic, state"
_INSERT = (
    f"INSERT INTO {EVENTS} ({_COLUMNS}) SELECT stream, CASE WHEN previous IS NULL THEN version ELSE "
    f"(SELECT originator_version+1 FROM {EVENTS} WHERE originator_id=stream AND originator_version=previous) "
    "END, topic, state FROM unnest(%b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::bytea[]) "
    "AS event (stream, version, previous, topic, state)"
)
"""Takes stream, version, the version that has to be stored already or null, topic, and state. A gap in a stream leaves
the version null, which the column refuses."""

INSERT = f"{_INSERT} RETURNING notification_id"
INSERT_NEW = f"{_INSERT} ON CONFLICT DO NOTHING RETURNING originator_id, notification_id"
BEGIN_APPEND = (
    f"SELECT pg_advisory_xact_lock({APPENDING}), CASE current_setting('synchronous_commit') "
    "WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END"
)
"""Waits until no other transaction appends. And whatever the database is set to, the commit waits at least for the
disk."""
LOCK_FOR_INSERT = f"LOCK TABLE {EVENTS} IN ROW EXCLUSIVE MODE"
"""As an insert does by itself."""
SELECT_STREAM = (
    f"SELECT {_COLUMNS} FROM {EVENTS} WHERE originator_id=%b AND originator_version<=%b::bigint "
    "ORDER BY originator_version"
)
SELECT_STREAMS = (
    f"SELECT {_COLUMNS} FROM {EVENTS} WHERE originator_id=ANY(%b::text[]) AND originator_version<=%b::bigint "
    "ORDER BY originator_id, originator_version"
)
SELECT_NOTIFICATIONS = f"SELECT {_COLUMNS}, notification_id FROM {EVENTS} WHERE notification_id>%b"
SELECT_POSITIONS = (
    f"SELECT {_COLUMNS}, notification_id FROM {EVENTS} WHERE notification_id=ANY(%b::bigint[]) ORDER BY notification_id"
)
SELECT_STREAM_IDS = (
    f"WITH RECURSIVE stream(id) AS (SELECT min(originator_id) FROM {EVENTS} WHERE originator_id>=%b::text UNION ALL "
    f"SELECT (SELECT min(originator_id) FROM {EVENTS} WHERE originator_id>id) FROM stream WHERE id<%b::text) "
    "SELECT id FROM stream WHERE id<%b::text"
)
SELECT_GAPS = (
    f"SELECT notification_id, originator_id, originator_version FROM {EVENTS} AS event WHERE originator_version>1 "
    f"AND NOT EXISTS (SELECT 1 FROM {EVENTS} AS earlier WHERE earlier.originator_id=event.originator_id "
    "AND earlier.originator_version=event.originator_version-1 AND earlier.notification_id<event.notification_id) "
    "ORDER BY notification_id LIMIT %b"
)
SELECT_STRETCH = (
    "SELECT notification_id, originator_id, originator_version, topic, "
    f"CASE WHEN notification_id IN (%b, (SELECT max(notification_id) FROM {EVENTS})) THEN state END "
    f"FROM {EVENTS} WHERE notification_id>=%b ORDER BY notification_id LIMIT %b"
)
START_TRACKINGS = f"INSERT INTO {TRACKING} SELECT name, 0 FROM unnest(%b::text[]) AS name ON CONFLICT DO NOTHING"
MOVE_TRACKINGS = (
    f"UPDATE {TRACKING} AS t SET notification_id=n.later "
    "FROM unnest(%b::text[], %b::bigint[], %b::bigint[]) AS n (name, earlier, later) "
    "WHERE t.application_name=n.name AND t.notification_id=n.earlier RETURNING n.name"
)
PARK = (
    f"INSERT INTO {PARKED} VALUES (%b, %b, %b, %b, %b) ON CONFLICT (policy, position) DO UPDATE SET "
    "subject=excluded.subject, error=excluded.error, parked_at=excluded.parked_at"
)
UNPARK = f"DELETE FROM {PARKED} WHERE policy=%b AND position=%b"
_PARKED_ROWS = f"SELECT policy, position, subject, error, parked_at FROM {PARKED}"
_OF_POLICY = "policy=coalesce(%b, policy) ORDER BY position, policy"
SELECT_PARKED = f"{_PARKED_ROWS} WHERE {_OF_POLICY}"
SELECT_PARKED_OF = f"{_PARKED_ROWS} WHERE subject=ANY(%b::text[]) AND {_OF_POLICY}"
SELECT_FOLLOWERS = (
    f"SELECT application_name, notification_id FROM {TRACKING} "
    "WHERE application_name<>%b AND NOT starts_with(application_name, %b)"
)
SELECT_TERMS = f"SELECT application_name, notification_id FROM {TRACKING} WHERE starts_with(application_name, %b)"
DELETE_TERMS = f"DELETE FROM {TRACKING} WHERE starts_with(application_name, %b)"
SELECT_COPIED = (
    f"SELECT coalesce((SELECT max(notification_id) FROM {EVENTS}), 0), "
    f"(SELECT notification_id FROM {TRACKING} WHERE application_name=%b)"
)
INSERT_COPIED = (
    f"INSERT INTO {EVENTS} ({_COLUMNS}, notification_id) "
    "SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::bigint[])"
)
SET_POSITION = (
    f"INSERT INTO {TRACKING} VALUES (%b, %b) ON CONFLICT (application_name) DO UPDATE SET "
    "notification_id=excluded.notification_id"
)
SELECT_MARK = f"SELECT 1 FROM {TRACKING} WHERE application_name=%b"
DELETE_FOLLOWERS = f"DELETE FROM {TRACKING} WHERE application_name<>ALL(%b::text[])"
DELETE_PARKED = f"DELETE FROM {PARKED}"
DELETE_POSITION = f"DELETE FROM {TRACKING} WHERE application_name=%b"
GO_ON_AFTER_THE_LAST = (
    "SELECT setval(pg_get_serial_sequence(%b, 'notification_id'), coalesce(max(notification_id), 1), "
    f"max(notification_id) IS NOT NULL) FROM {EVENTS}"
)

CREATE_PARKED = (
    f"CREATE TABLE IF NOT EXISTS {PARKED} (policy text, position bigint, subject text NOT NULL, error text NOT NULL, "
    "parked_at timestamptz NOT NULL, PRIMARY KEY (policy, position))",
    f"CREATE INDEX IF NOT EXISTS parked_by_subject ON {PARKED} (subject)",
)
"""A database without the index, from before `migrate` made it, only takes longer to answer."""
