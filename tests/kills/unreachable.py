"""Which places a kind of turn never comes by, and why. Every other pair is killed."""

from __future__ import annotations

_NO_JOB = "only clips and songs are jobs"
_NO_TOOL = "the model calls no tool in this turn"
_NO_PREVIEWLESS_TEXT = "every text of this turn begins as a live preview, whose id the outbox then edits"
_NO_NOTICE = "a notice is what no turn said: pairing, pace, /stop"
_NO_TURN = "/stop is answered without a turn; the second message comes after the kill"

_JOBS = ("submit.after", "job.add.before", "job.add.after", "job.save.before", "job.save.after", "job.end.before",
         "job.end.after")  # fmt: skip
_REMINDERS = ("reminder.fire.before", "reminder.fire.after")
_NOTICES = ("post.before", "post.after")

UNREACHABLE: dict[str, dict[str, str]] = {}
