"""The IDENTIFY rate limit: above 1000 new sessions a day Discord resets the bot's token.

Source: Discord docs, Gateway, Rate Limiting. A crash loop would get there in hours, so the count
outlives the process and stops far earlier.
"""

from __future__ import annotations

import logging

from bot.core.arrivals import Cursor
from bot.core.errors import ChannelDown
from bot.core.ports.clock import Clock
from bot.core.ports.store import Cursors

log = logging.getLogger(__name__)

CURSOR = "discord:identify"
A_DAY = 200


async def spend_identify(cursors: Cursors, clock: Clock) -> None:
    """Counts one new session of this UTC day, before it is asked for. Raises `ChannelDown` when there were too many."""
    today = clock.now().date().isoformat()
    day, _, kept = (await cursors.cursor(CURSOR)).partition(" ")
    count = int(kept) if day == today and kept.isdecimal() else 0
    if count >= A_DAY:
        raise ChannelDown(
            f"{count} new Discord sessions today ({today} UTC); at 1000 Discord would reset the token. "
            "Find out in the log why the connection is lost so often; Discord is left alone until tomorrow.",
            retry_after=3600.0,
        )
    await cursors.save_cursor(Cursor(CURSOR, f"{today} {count + 1}"))
