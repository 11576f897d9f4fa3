"""Log events that metrics count: one constant for the logging side and the counting side.

An event that is renamed on one side alone would silence a metric without failing anything.
"""

from __future__ import annotations

from typing import Final

TURN_DONE: Final = "turn.done"
TURN_APOLOGISED: Final = "turn.apologised"
TURN_FAILED: Final = "turn.failed"
TURN_DEAD: Final = "turn.dead"
TURN_STOPPED: Final = "turn.stopped"
TURN_RELEASED: Final = "turn.released"

PART_SENT: Final = "part.sent"
PART_NOT_SENT: Final = "part.not_sent"
PART_MAYBE_SENT: Final = "part.maybe_sent"
PART_FAILED: Final = "part.failed"
PART_UNDELIVERABLE: Final = "part.undeliverable"

CHAT_RETRY: Final = "chat.retry"

BACKGROUND_BROKEN: Final = "background.broken"
