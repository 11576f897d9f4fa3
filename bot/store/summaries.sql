-- Migration 2. What was said in a conversation up to a row of its history, in the words of a model. The rows stay;
-- an older summary stays too, for /undo may take back what a newer one tells of.

CREATE TABLE summary (
    conversation TEXT    NOT NULL,
    upto         INTEGER NOT NULL,  -- the last history row it tells of
    at           INTEGER NOT NULL,
    body         TEXT    NOT NULL,
    PRIMARY KEY (conversation, upto)
) STRICT, WITHOUT ROWID;
