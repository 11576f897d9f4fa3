-- Every statement of the store, by name. The line after the name says what it does.

-- name: accept_event
-- One event; a known one changes nothing.
INSERT INTO inbox (source, event_id, conversation, album, origin, state, arrived_at, body)
VALUES (:source, :event_id, :conversation, :album, :origin, 'waiting', :now, :body)
ON CONFLICT (source, event_id) DO NOTHING;

-- name: accept_stopped
-- One event that a /stop ended before a turn began it; a known one changes nothing.
INSERT INTO inbox (source, event_id, conversation, album, origin, state, arrived_at, finished_at, note, body)
VALUES (:source, :event_id, :conversation, :album, :origin, 'done', :now, :now, 'stopped', :body)
ON CONFLICT (source, event_id) DO NOTHING;

-- name: knows_event
-- Whether an event was accepted before.
SELECT EXISTS (SELECT 1 FROM inbox WHERE source = :source AND event_id = :event_id);

-- name: keep_poison
-- An event that no reader understood, for the operator.
INSERT INTO poison (source, event_id, at, body) VALUES (:source, :event_id, :now, :body)
ON CONFLICT (source, event_id) DO NOTHING;

-- name: first_open
-- The running turn of a conversation if there is one, else its oldest waiting row.
SELECT id, state, album, turn FROM inbox
WHERE conversation = :conversation AND state IN ('waiting', 'working')
ORDER BY state DESC, id LIMIT 1;

-- name: claim_one
-- One waiting row becomes a turn.
UPDATE inbox SET state = 'working', turn = id, attempts = attempts + 1
WHERE id = :head
RETURNING id, attempts, body;

-- name: claim_again
-- The rows of a turn that was claimed before and waits.
UPDATE inbox SET state = 'working', attempts = attempts + 1 WHERE turn = :turn AND state = 'waiting'
RETURNING id, attempts, body;

-- name: waiting_behind
-- What waits behind a row and was never claimed, oldest first.
SELECT id, album, body FROM inbox
WHERE conversation = :conversation AND state = 'waiting' AND id > :head AND turn IS NULL
ORDER BY id LIMIT :limit;

-- name: claim_behind
-- Waiting rows behind the first of a turn, up to another, join it.
UPDATE inbox SET state = 'working', turn = :head, attempts = attempts + 1
WHERE conversation = :conversation AND state = 'waiting' AND id > :head AND id <= :last AND turn IS NULL
RETURNING id, attempts, body;

-- name: claim_album
-- All waiting rows of an album become one turn, named by its first row.
UPDATE inbox SET state = 'working', turn = :head, attempts = attempts + 1
WHERE conversation = :conversation AND state = 'waiting' AND album = :album
RETURNING id, attempts, body;

-- name: raise_fence
-- The next fence of a conversation, and its session.
INSERT INTO conversation (name, fence) VALUES (:conversation, 1)
ON CONFLICT (name) DO UPDATE SET fence = fence + 1
RETURNING fence, session;

-- name: release_turn
-- The rows of a turn wait again and the attempt does not count, unless the fence has moved on.
UPDATE inbox SET state = 'waiting', attempts = attempts - 1
WHERE turn = :turn AND state = 'working'
  AND :fence = (SELECT fence FROM conversation WHERE name = :conversation);

-- name: finish_turn
-- The rows of a turn end, unless the fence has moved on.
UPDATE inbox SET state = :state, note = :note, finished_at = :now
WHERE turn = :turn AND state = 'working'
  AND :fence = (SELECT fence FROM conversation WHERE name = :conversation);

-- name: discard_waiting
-- Messages of people that no turn began are done.
UPDATE inbox SET state = 'done', note = 'stopped', finished_at = :now
WHERE conversation = :conversation AND state = 'waiting' AND origin = 'person';

-- name: recent_messages
-- The newest finished messages of people, newest first.
SELECT body FROM inbox
WHERE conversation = :conversation AND state = 'done' AND origin = 'person'
ORDER BY id DESC LIMIT :limit;

-- name: recover_inbox
-- Rows of a dead process wait again; their attempt counts.
UPDATE inbox SET state = 'waiting' WHERE state IN ('waiting', 'working') AND state = 'working';

-- name: recover_outbox
-- Parts a dead process was sending are due again, and may have arrived.
UPDATE outbox SET state = 'ready', maybe_sent = 1 WHERE state IN ('ready', 'sending') AND state = 'sending';

-- name: unfinished_conversations
-- Conversations with something to do or to deliver.
SELECT conversation FROM inbox INDEXED BY inbox_open WHERE state IN ('waiting', 'working')
UNION
SELECT conversation FROM outbox WHERE state IN ('ready', 'sending');

-- name: waiting_messages
-- How many rows are not finished, and when the oldest arrived.
SELECT COUNT(*), MIN(arrived_at) FROM inbox WHERE state IN ('waiting', 'working');

-- name: waiting_parts
-- How many parts are not delivered, and when the oldest was queued.
SELECT COUNT(*), MIN(queued_at) FROM outbox WHERE state IN ('ready', 'sending');

-- name: waiting_here
-- How many messages of people wait in a conversation.
SELECT COUNT(*) FROM inbox WHERE conversation = :conversation AND state = 'waiting' AND origin = 'person';

-- name: turn_steps
-- The steps of a turn in the order they began.
SELECT name, body FROM step WHERE turn = :turn ORDER BY id;

-- name: begin_step
-- The intent of a step; a known one stays as it is.
INSERT INTO step (turn, name, begun_at) VALUES (:turn, :name, :now)
ON CONFLICT (turn, name) DO NOTHING;

-- name: finish_step
-- The result of a step; a finished one stays as it is.
INSERT INTO step (turn, name, begun_at, body) VALUES (:turn, :name, :now, :body)
ON CONFLICT (turn, name) DO UPDATE SET body = excluded.body WHERE body IS NULL;

-- name: add_history
-- One chat message at the end of a conversation.
INSERT INTO history (conversation, turn, at, body) VALUES (:conversation, :turn, :now, :body);

-- name: newest_history
-- The newest messages after a row, newest first.
SELECT id, body FROM history WHERE conversation = :conversation AND id > :since ORDER BY id DESC LIMIT :limit;

-- name: newest_row
-- The last row of a conversation's history.
SELECT COALESCE(MAX(id), 0) FROM history WHERE conversation = :conversation;

-- name: forget_turns
-- Removes the messages of the newest turns.
DELETE FROM history WHERE conversation = :conversation AND turn IN (
    SELECT turn FROM history WHERE conversation = :conversation GROUP BY turn ORDER BY MAX(id) DESC LIMIT :turns
);

-- name: forget_summaries
-- Removes the summaries whose last message is gone.
DELETE FROM summary WHERE conversation = :conversation
  AND NOT EXISTS (SELECT 1 FROM history WHERE history.id = summary.upto);

-- name: summary
-- The newest summary of a conversation that ends after a row.
SELECT body FROM summary WHERE conversation = :conversation AND upto > :since ORDER BY upto DESC LIMIT 1;

-- name: begin_summary
-- An attempt at a summary, unless a newer one is kept, or the last attempt is too young.
INSERT INTO summary_begun (conversation, upto, at)
SELECT :conversation, :upto, :now
WHERE NOT EXISTS (SELECT 1 FROM summary WHERE conversation = :conversation AND upto > :after)
ON CONFLICT (conversation) DO UPDATE SET upto = excluded.upto, at = excluded.at
WHERE ABS(excluded.at - summary_begun.at) >= :rest;

-- name: end_summary
-- The attempt at a summary ends.
DELETE FROM summary_begun WHERE conversation = :conversation AND upto <= :upto;

-- name: keep_summary
-- A summary, while the last message that it sums up is there.
INSERT INTO summary (conversation, upto, at, body)
SELECT :conversation, :upto, :now, :body
WHERE EXISTS (SELECT 1 FROM history WHERE id = :upto AND conversation = :conversation)
ON CONFLICT (conversation, upto) DO UPDATE SET at = excluded.at, body = excluded.body;

-- name: session
-- The session of a conversation.
SELECT session FROM conversation WHERE name = :conversation;

-- name: save_session
-- The session of a conversation, whole.
INSERT INTO conversation (name, session) VALUES (:conversation, :session)
ON CONFLICT (name) DO UPDATE SET session = excluded.session;

-- name: queue_part
-- One part to deliver. A draft under its key becomes it and takes its place at the end; any other row stays.
INSERT INTO outbox (key, owner, conversation, reply_to, state, queued_at, body)
VALUES (:key, :owner, :conversation, :reply_to, 'ready', :now, :body)
ON CONFLICT (key) DO UPDATE SET
    id = (SELECT MAX(id) + 1 FROM outbox), state = 'ready', reply_to = excluded.reply_to,
    queued_at = excluded.queued_at, body = excluded.body
WHERE state = 'draft';

-- name: bury_drafts
-- Drafts the finished turn has no part for.
UPDATE outbox SET state = 'dead', note = 'draft without a part', finished_at = :now
WHERE owner = :owner AND state = 'draft';

-- name: next_due
-- The first part of a conversation that is neither sent nor dead.
SELECT key, reply_to, body, attempts, message_id, maybe_sent OR state = 'sending' FROM outbox
WHERE conversation = :conversation AND state IN ('ready', 'sending')
ORDER BY id LIMIT 1;

-- name: begin_sending
-- One more try.
UPDATE outbox SET state = 'sending', attempts = attempts + 1
WHERE key = :key AND state IN ('ready', 'sending');

-- name: hold_place
-- The placeholder of a part; a draft when the part is not known yet.
INSERT INTO outbox (key, owner, conversation, reply_to, state, message_id, queued_at)
VALUES (:key, :owner, :conversation, :reply_to, 'draft', :message_id, :now)
ON CONFLICT (key) DO UPDATE SET message_id = excluded.message_id;

-- name: placeholder
-- The message id held for a part.
SELECT message_id FROM outbox WHERE key = :key;

-- name: mark_sent
-- Delivered.
UPDATE outbox SET state = 'sent', message_id = :message_id, finished_at = :now WHERE key = :key;

-- name: put_back
-- Due again; once it may have arrived, that stays true.
UPDATE outbox SET state = 'ready', maybe_sent = maybe_sent OR :maybe_sent
WHERE key = :key AND state IN ('ready', 'sending');

-- name: bury
-- Given up.
UPDATE outbox SET state = 'dead', note = :reason, finished_at = :now WHERE key = :key AND state <> 'sent';

-- name: move_session
-- The session and the fence of a chat, unless its new id has them already.
INSERT INTO conversation (name, fence, session) SELECT :new, fence, session FROM conversation WHERE name = :old
ON CONFLICT (name) DO UPDATE SET session = COALESCE(session, excluded.session);

-- name: move_history
-- The history of a chat.
UPDATE history SET conversation = :new WHERE conversation = :old;

-- name: move_summaries
-- What sums up the history of a chat.
UPDATE summary SET conversation = :new WHERE conversation = :old;

-- name: move_summary_begun
-- The attempt to sum up the history of a chat.
UPDATE OR REPLACE summary_begun SET conversation = :new WHERE conversation = :old;

-- name: move_inbox
-- What a chat said; a turn that runs ends where it began.
UPDATE inbox SET conversation = :new WHERE conversation = :old AND state <> 'working';

-- name: move_outbox
-- What is still to be said in a chat.
UPDATE outbox SET conversation = :new, state = 'ready', message_id = ''
WHERE conversation = :old AND state IN ('ready', 'sending');

-- name: note_move
-- Where a chat went.
INSERT INTO moved (old, new) VALUES (:old, :new) ON CONFLICT (old) DO UPDATE SET new = excluded.new;

-- name: follow_move
-- Chats that went to the old id before are now at the new one.
UPDATE moved SET new = :new WHERE new = :old;

-- name: forget_move
-- A chat that came back to an id is at home there.
DELETE FROM moved WHERE old = :new;

-- name: moved_to
-- Where a chat went, if it did.
SELECT new FROM moved WHERE old = :old;

-- name: jobs_of
-- The jobs of a chat, to be moved.
SELECT id, body FROM job WHERE conversation = :old;

-- name: move_job
-- A job of a chat; the new id may wait for one of its kind already, then only its result follows.
UPDATE OR IGNORE job SET conversation = :new WHERE id = :id;

-- name: retarget_job
-- Where a job's result goes.
UPDATE job SET body = :body WHERE id = :id;

-- name: reminders_of
-- The reminders of a chat, to be moved.
SELECT id, body FROM reminder WHERE conversation = :old;

-- name: move_reminder
-- A reminder of a chat.
UPDATE reminder SET conversation = :new, body = :body WHERE id = :id;

-- name: was_mine
-- Whether a message of a conversation came from here.
SELECT EXISTS (
    SELECT 1 FROM outbox WHERE conversation = :conversation AND message_id = :message_id AND message_id <> ''
);

-- name: add_job
-- A job, unless one of its kind runs in the conversation.
INSERT INTO job (id, conversation, request, state, created_at, body)
VALUES (:id, :conversation, :request, :state, :created_at, :body)
ON CONFLICT DO NOTHING;

-- name: save_job
-- A job as it now stands; one that has ended does not run again.
UPDATE job SET state = :state, body = :body
WHERE id = :id AND (ended_at IS NULL OR :state NOT IN ('intent', 'running'));

-- name: end_job
-- The end of a job that has not ended.
UPDATE job SET state = :state, ended_at = :now, body = :body
WHERE id = :id AND ended_at IS NULL AND state IN ('intent', 'running', 'unknown');

-- name: job
-- One job.
SELECT body FROM job WHERE id = :id;

-- name: jobs
-- The jobs of a conversation or of all, newest first.
SELECT body FROM job
WHERE (:conversation IS NULL OR conversation = :conversation)
  AND (NOT :active OR state IN ('intent', 'running'))
ORDER BY number DESC;

-- name: save_reminder
-- A reminder, new or with its next time.
INSERT INTO reminder (id, conversation, due, body) VALUES (:id, :conversation, :due, :body)
ON CONFLICT (id) DO UPDATE SET due = excluded.due, body = excluded.body;

-- name: reminder_exists
-- Whether a reminder is still wanted.
SELECT EXISTS (SELECT 1 FROM reminder WHERE id = :id);

-- name: reminders
-- The reminders of a conversation or of all, by due time.
SELECT body FROM reminder
WHERE :conversation IS NULL OR conversation = :conversation
ORDER BY due, id;

-- name: drop_reminder
-- Removes a reminder of a conversation.
DELETE FROM reminder WHERE id = :id AND conversation = :conversation;

-- name: record_spend
-- One paid call; one with a generation id counts once, and takes its price when that arrives later.
INSERT INTO spend (at, person, capability, model, microusd, billed, generation_id)
VALUES (:now, :person, :capability, :model, :microusd, :billed, :generation_id)
ON CONFLICT (generation_id, capability) WHERE generation_id <> ''
DO UPDATE SET microusd = excluded.microusd, billed = excluded.billed WHERE microusd IS NULL;

-- name: unpriced
-- The calls since a time that have a generation id and no price yet.
SELECT person, capability, model, generation_id FROM spend
WHERE at >= :since AND capability = :capability AND microusd IS NULL AND generation_id <> ''
ORDER BY id;

-- name: spent
-- Micro-dollars since a time, of one person or all, for one capability or all.
SELECT COALESCE(SUM(microusd), 0) FROM spend
WHERE at >= :since
  AND (:person = '' OR person = :person)
  AND (:capability = '' OR capability = :capability);

-- name: spent_by_capability
-- Micro-dollars since a time, for each capability.
SELECT capability, COALESCE(SUM(microusd), 0) FROM spend WHERE at >= :since GROUP BY capability;

-- name: guest
-- One guest.
SELECT body FROM guest WHERE channel = :channel AND person_id = :person_id;

-- name: guests
-- All guests in the order they came.
SELECT body FROM guest ORDER BY rowid;

-- name: let_in
-- A guest, new or renamed.
INSERT INTO guest (channel, person_id, body) VALUES (:channel, :person_id, :body)
ON CONFLICT (channel, person_id) DO UPDATE SET body = excluded.body;

-- name: put_out
-- Removes a guest.
DELETE FROM guest WHERE channel = :channel AND person_id = :person_id;

-- name: ask_in
-- A pairing request, unless this person asked lately or too many requests of the channel are open.
INSERT INTO pairing (code_hash, channel, person_id, asked_at, expires, body)
SELECT :code_hash, :channel, :person_id, :now, :expires, :body
WHERE NOT EXISTS (
    SELECT 1 FROM pairing WHERE channel = :channel AND person_id = :person_id AND asked_at > :lately
) AND :cap > (
    SELECT COUNT(*) FROM pairing WHERE channel = :channel AND expires > :now AND taken_at IS NULL
);

-- name: pairing_requests
-- Open requests, oldest first.
SELECT body FROM pairing WHERE expires > :now AND taken_at IS NULL ORDER BY id;

-- name: take_request
-- The oldest open request with this code, or of this person, is no longer open.
UPDATE pairing SET taken_at = :now WHERE id = (
    SELECT MIN(id) FROM pairing
    WHERE expires > :now AND taken_at IS NULL
      AND (:code_hash = '' OR code_hash = :code_hash)
      AND (:channel = '' OR channel = :channel)
      AND (:person_id = '' OR person_id = :person_id)
)
RETURNING body;

-- name: cursor
-- What was kept under a name.
SELECT value FROM cursor WHERE name = :name;

-- name: save_cursor
-- Keeps a value under a name.
INSERT INTO cursor (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: use_blob
-- A blob was put now: the sweep leaves it alone.
INSERT INTO blob (sha256, mime, size, used_at) VALUES (:sha256, :mime, :size, :now)
ON CONFLICT (sha256) DO UPDATE SET used_at = excluded.used_at;

-- name: next_change
-- A time in milliseconds that no change of the page has yet.
SELECT MAX(:now, COALESCE(MAX(changed), 0) + 1) FROM page;

-- name: show
-- An entry of the page, new or changed.
INSERT INTO page (conversation, chat, key, who, changed, body)
VALUES (:conversation, :chat, :key, :who, :changed, :body)
ON CONFLICT (conversation, key) DO UPDATE SET who = excluded.who, changed = excluded.changed, body = excluded.body;

-- name: page_entries
-- The newest entries of a chat that changed after a change, newest first.
SELECT conversation, key, who, changed, body FROM page
WHERE chat = :chat AND changed > :after
ORDER BY place DESC LIMIT :limit;

-- name: page_chats
-- Chats of the page, the one that changed last first.
SELECT chat FROM page GROUP BY chat ORDER BY MAX(changed) DESC;

-- name: sweep_steps
-- Steps of turns that ended long ago, or whose rows are gone.
DELETE FROM step WHERE id IN (
    SELECT step.id FROM step LEFT JOIN inbox ON inbox.id = step.turn
    WHERE inbox.id IS NULL OR inbox.finished_at < :cutoff
    ORDER BY step.id LIMIT :limit
);

-- name: sweep_inbox
-- Events that ended long ago.
DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE finished_at < :cutoff ORDER BY id LIMIT :limit);

-- name: sweep_outbox
-- Parts that were delivered or given up long ago, and drafts whose turn never came.
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox
    WHERE finished_at < :cutoff OR (state = 'draft' AND queued_at < :cutoff)
    ORDER BY id LIMIT :limit
);

-- name: sweep_jobs
-- Jobs that ended long ago.
DELETE FROM job WHERE number IN (
    SELECT number FROM job
    WHERE state NOT IN ('intent', 'running') AND COALESCE(ended_at, created_at) < :cutoff
    ORDER BY number LIMIT :limit
);

-- name: sweep_poison
-- Events of long ago that no reader understood.
DELETE FROM poison WHERE id IN (SELECT id FROM poison WHERE at < :cutoff ORDER BY id LIMIT :limit);

-- name: sweep_pairing
-- Pairing requests of long ago.
DELETE FROM pairing WHERE id IN (SELECT id FROM pairing WHERE expires < :cutoff ORDER BY id LIMIT :limit);

-- name: sweep_page
-- Page entries that have not changed for long.
DELETE FROM page WHERE place IN (SELECT place FROM page WHERE changed < :cutoff ORDER BY place LIMIT :limit);

-- name: bodies
-- Every body that can name a blob, a slice at a time.
SELECT body FROM (
    SELECT 1 AS part, id AS place, body FROM inbox
    UNION ALL SELECT 2, id, body FROM step WHERE body IS NOT NULL
    UNION ALL SELECT 3, id, body FROM history
    UNION ALL SELECT 4, id, body FROM outbox WHERE body IS NOT NULL
    UNION ALL SELECT 5, number, body FROM job
    UNION ALL SELECT 6, place, body FROM page
)
WHERE body LIKE '%"sha256"%';

-- name: old_blobs
-- Blobs that were not put for long.
SELECT sha256 FROM blob WHERE used_at < :cutoff;

-- name: is_old_blob
-- Whether a blob was not put for long.
SELECT EXISTS (SELECT 1 FROM blob WHERE sha256 = :sha256 AND used_at < :cutoff);

-- name: forget_blob
-- A blob that was not put for long.
DELETE FROM blob WHERE sha256 = :sha256 AND used_at < :cutoff;
