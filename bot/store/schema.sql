-- Migration 1. Times are milliseconds since 1970 in UTC. `conversation` is the JSON array
-- [channel, chat, thread]. `body` is a JSON value with its type in "$" and its version in "v".

CREATE TABLE inbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of arrival; never used twice, turns are named by it
    source       TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    album        TEXT    NOT NULL,                   -- rows with the same name become one turn; '' for none
    origin       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'working', 'done', 'dead')),
    turn         INTEGER,                            -- the id of the first row of the turn
    attempts     INTEGER NOT NULL DEFAULT 0,
    arrived_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    note         TEXT    NOT NULL DEFAULT '',
    body         TEXT    NOT NULL,
    UNIQUE (source, event_id)                        -- a redelivered event changes nothing
) STRICT;

-- The order of work. 'working' sorts after 'waiting', so the first row downwards tells whether a turn runs.
CREATE INDEX inbox_order ON inbox (conversation, state DESC, id);
CREATE INDEX inbox_turn ON inbox (turn) WHERE turn IS NOT NULL;
-- One turn at a time in each conversation.
CREATE UNIQUE INDEX inbox_one_working ON inbox (conversation) WHERE state = 'working' AND id = turn;

CREATE TABLE poison (
    id       INTEGER PRIMARY KEY,
    source   TEXT    NOT NULL,
    event_id TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    body     TEXT    NOT NULL,
    UNIQUE (source, event_id)
) STRICT;

CREATE TABLE conversation (
    name    TEXT    PRIMARY KEY,
    fence   INTEGER NOT NULL DEFAULT 0,  -- grows with every claim: an older turn cannot finish
    session TEXT                         -- body, or NULL: as configured
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
    id       INTEGER PRIMARY KEY,  -- the order in which steps began
    turn     INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    begun_at INTEGER NOT NULL,
    body     TEXT,                 -- NULL: begun, and nobody knows how it ended
    UNIQUE (turn, name)            -- what was paid for is never repeated
) STRICT;

CREATE TABLE history (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: sessions remember the row they start after
    conversation TEXT    NOT NULL,
    turn         INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    body         TEXT    NOT NULL
) STRICT;

CREATE INDEX history_order ON history (conversation, id);

CREATE TABLE outbox (
    id           INTEGER PRIMARY KEY,  -- the order of delivery
    key          TEXT    NOT NULL UNIQUE,
    owner        TEXT    NOT NULL,     -- the key without its sequence number: a turn, or the name of a notice
    conversation TEXT    NOT NULL,
    reply_to     TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('draft', 'ready', 'sending', 'sent', 'dead')),
    message_id   TEXT    NOT NULL DEFAULT '',
    attempts     INTEGER NOT NULL DEFAULT 0,
    maybe_sent   INTEGER NOT NULL DEFAULT 0,
    queued_at    INTEGER NOT NULL,
    finished_at  INTEGER,
    note         TEXT    NOT NULL DEFAULT '',
    body         TEXT,                 -- NULL while it is a draft
    CHECK (state IN ('draft', 'dead') OR body IS NOT NULL)
) STRICT;

CREATE INDEX outbox_due ON outbox (conversation, id) WHERE state IN ('ready', 'sending');
CREATE INDEX outbox_draft ON outbox (owner) WHERE state = 'draft';
CREATE INDEX outbox_message ON outbox (conversation, message_id) WHERE message_id <> '';

CREATE TABLE job (
    number       INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    conversation TEXT    NOT NULL,
    request      TEXT    NOT NULL,     -- its kind: VideoRequest or SongRequest
    state        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    body         TEXT    NOT NULL
) STRICT;

-- A conversation waits for one clip and one song at a time.
CREATE UNIQUE INDEX job_active ON job (conversation, request) WHERE state IN ('intent', 'running');

CREATE TABLE reminder (
    id           TEXT    PRIMARY KEY,
    conversation TEXT    NOT NULL,
    due          INTEGER NOT NULL,
    body         TEXT    NOT NULL
) STRICT;

CREATE INDEX reminder_due ON reminder (due);

CREATE TABLE spend (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    person        TEXT    NOT NULL,
    capability    TEXT    NOT NULL,
    model         TEXT    NOT NULL,
    microusd      INTEGER,             -- NULL: nobody said what it cost
    billed        INTEGER NOT NULL,
    generation_id TEXT    NOT NULL
) STRICT;

CREATE INDEX spend_time ON spend (at, person, capability, microusd);
-- A call that the provider named is counted once.
CREATE UNIQUE INDEX spend_once ON spend (generation_id, capability) WHERE generation_id <> '';

CREATE TABLE guest (
    channel   TEXT NOT NULL,
    person_id TEXT NOT NULL,
    body      TEXT NOT NULL,
    PRIMARY KEY (channel, person_id)
) STRICT;

CREATE TABLE pairing (
    id        INTEGER PRIMARY KEY,
    code_hash TEXT    NOT NULL,
    channel   TEXT    NOT NULL,
    person_id TEXT    NOT NULL,
    asked_at  INTEGER NOT NULL,
    expires   INTEGER NOT NULL,
    taken_at  INTEGER,             -- kept after it was taken: asking again within the hour is refused
    body      TEXT    NOT NULL
) STRICT;

CREATE INDEX pairing_person ON pairing (channel, person_id);

CREATE TABLE cursor (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
    sha256  TEXT    PRIMARY KEY,
    mime    TEXT    NOT NULL,
    size    INTEGER NOT NULL,
    used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE page (
    place        INTEGER PRIMARY KEY,      -- the order on the page
    conversation TEXT    NOT NULL,
    chat         TEXT    NOT NULL,
    key          TEXT    NOT NULL,
    who          TEXT    NOT NULL CHECK (who IN ('person', 'bot')),
    changed      INTEGER NOT NULL UNIQUE,  -- a time, pushed forward until every change has its own
    body         TEXT    NOT NULL,
    UNIQUE (conversation, key)
) STRICT;

CREATE INDEX page_chat ON page (chat, place);
