"""Interaction follow-up webhooks: a second way to answer a command in a channel that refuses the bot.

A person who may use a command sees its answer, while a message of the bot needs rights in that channel.
Source: Discord docs, Receiving and Responding to Interactions, Followup Messages (a token lives 15 minutes).
"""

from __future__ import annotations

from collections import OrderedDict

from discord.http import Route

from bot.core.ports.clock import Clock

TOKEN_SECONDS = 14 * 60.0
CHANNELS, MESSAGES = 256, 256


class InteractionReplies:
    """The webhook of the newest interaction in each channel, and the messages that were sent over one."""

    def __init__(self, application_id: str, clock: Clock) -> None:
        self._application_id, self._clock = application_id, clock
        self._tokens: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._sent: OrderedDict[str, str] = OrderedDict()

    def remember(self, channel_id: str, token: str) -> None:
        """Keeps the token of an interaction in this channel."""
        self._tokens.pop(channel_id, None)
        self._tokens[channel_id] = (token, self._clock.monotonic() + TOKEN_SECONDS)
        while len(self._tokens) > CHANNELS:
            self._tokens.popitem(last=False)

    def remember_sent(self, message_id: str, token: str) -> None:
        """Keeps which webhook a message was sent over: only that one may edit it."""
        self._sent[message_id] = token
        while len(self._sent) > MESSAGES:
            self._sent.popitem(last=False)

    def token(self, channel_id: str) -> str:
        """The token for an answer in this channel, "" when none is alive."""
        token, ends = self._tokens.get(channel_id, ("", 0.0))
        return token if self._clock.monotonic() < ends else ""

    def create(self, token: str) -> Route:
        return Route("POST", "/webhooks/{webhook_id}/{webhook_token}", **self._named(token))

    def edit(self, message_id: str) -> Route | None:
        """The request that edits a message which was sent over a webhook, None for any other message."""
        if not (token := self._sent.get(message_id, "")):
            return None
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
        return Route("PATCH", path, message_id=message_id, **self._named(token))

    def delete_original(self, token: str) -> Route:
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        return Route("DELETE", path, **self._named(token))

    def _named(self, token: str) -> dict[str, str]:
        return {"webhook_id": self._application_id, "webhook_token": token}
