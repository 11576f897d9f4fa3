"""Pairing: an owner in the chat, or the operator at the command line, lets a person in who asked."""

from __future__ import annotations

from collections.abc import Callable

from bot.agent.accept import hash_code
from bot.core.messages import Conversation, Target, Text
from bot.core.people import Guest, PairingRequest
from bot.core.ports.clock import Clock
from bot.core.ports.store import Access, Outbox

WELCOME = "You are in! Write to me or send a voice note; /help shows what I can do."


class Pairing:
    """The open requests. `wake` has the welcome sent at once."""

    def __init__(self, *, access: Access, outbox: Outbox, clock: Clock, wake: Callable[[Conversation], None]) -> None:
        self._access, self._outbox, self._clock, self._wake = access, outbox, clock, wake

    async def take(self, who: str) -> PairingRequest | None:
        """Removes and returns the request of `who`: a code, or a channel and an id, with a space or a colon between;
        None when no open request matches."""
        now = self._clock.now()
        words = who.replace(":", " ").split()
        if len(words) == 2:
            request = await self._access.take_request(now=now, channel=words[0], person_id=words[1])
            if request is not None:
                return request  # otherwise it is a code that was written in two halves
        return await self._access.take_request(now=now, code_hash=hash_code(who)) if words else None

    async def let_in(self, who: str) -> PairingRequest | None:
        """The request that was granted, None when no open request matches. The person is welcomed where they asked."""
        request = await self.take(who)
        if request is None:
            return None
        await self._access.let_in(Guest(request.channel, request.person_id, request.name, self._clock.now()))
        to = Target(Conversation(request.channel, request.chat))
        await self._outbox.post(f"welcome:{request.code_hash}", to, (Text(WELCOME),))
        self._wake(to.conversation)
        return request
