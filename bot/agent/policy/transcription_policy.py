"""Which recordings are listened to: in which chats, and how many of one turn."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.messages import Attachment, Inbound, Kind
from bot.core.steps import Heard

OFF = "I cannot listen to recordings here. Please write instead."
SOUNDS = (Kind.VOICE, Kind.AUDIO)
_OTHER_NAMES = {"dm": "direct", "room": "channel"}
_AGENT = re.compile(r"^agent:[^:]*:")


@dataclass(frozen=True, slots=True)
class Rule:
    """Whether chats that fit are listened to; "" fits every chat.

    `chat_type` is direct, group or channel (of a Discord server). `key_prefix` is what the chat's key begins with,
    such as telegram:group:-100123."""

    allows: bool
    channel: str = ""
    chat_type: str = ""
    key_prefix: str = ""

    def fits(self, inbound: Inbound) -> bool:
        channel, kind = self.channel.strip().lower(), self.chat_type.strip().lower()
        return (
            channel in ("", inbound.conversation.channel)
            and _OTHER_NAMES.get(kind, kind) in ("", chat_type(inbound))
            and chat_key(inbound).startswith(_AGENT.sub("", self.key_prefix.strip().lower()))
        )


@dataclass(frozen=True, slots=True)
class TranscriptionPolicy:
    """What is listened to. The first rule that fits decides, else `otherwise`; `at_most` None hears every recording
    of a turn."""

    at_most: int | None = None
    rules: tuple[Rule, ...] = ()
    otherwise: bool = True

    def allows(self, inbound: Inbound) -> bool:
        """Whether recordings of this chat are listened to."""
        return next((rule.allows for rule in self.rules if rule.fits(inbound)), self.otherwise)

    def passed_over(self, inbound: Inbound, attachments: Iterable[Attachment]) -> dict[Attachment, Heard]:
        """The recordings that are not listened to, with the sentence for the person."""
        sounds = [attachment for attachment in attachments if attachment.kind in SOUNDS]
        if not self.allows(inbound):
            return dict.fromkeys(sounds, Heard(None, tell=OFF))
        if self.at_most is None:
            return {}
        first = "the first recording" if self.at_most == 1 else f"the first {self.at_most} recordings"
        return dict.fromkeys(sounds[self.at_most :], Heard(None, tell=f"I listened to {first} only."))


EVERYTHING = TranscriptionPolicy()


def chat_type(inbound: Inbound) -> str:
    """direct, group, or channel for a channel of a server."""
    if inbound.private:
        return "direct"
    return "channel" if inbound.conversation.channel == "discord" else "group"


def chat_key(inbound: Inbound) -> str:
    """What rules know a chat by: channel:type:id, in lower case."""
    where = inbound.conversation
    parts = (where.channel, chat_type(inbound), where.chat, *(("topic", where.thread) if where.thread else ()))
    return ":".join(parts).lower()
