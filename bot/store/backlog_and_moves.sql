-- Migration 4. What waits is counted from these indexes, which hold open rows only: metrics, status and the start
-- never walk over the finished ones. A turn's rows enter once and leave once.

CREATE INDEX inbox_open ON inbox (conversation, arrived_at) WHERE state IN ('waiting', 'working');

-- Chats that got another id. What was begun under the old one, as a job or an armed reminder, is written to the new.
CREATE TABLE moved (
    old TEXT PRIMARY KEY,
    new TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX moved_new ON moved (new);
CREATE INDEX job_conversation ON job (conversation);
CREATE INDEX reminder_conversation ON reminder (conversation);
