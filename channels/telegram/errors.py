"""Errors of the Bot API, by what they mean for a message: sent, not sent, perhaps sent, undeliverable."""

from __future__ import annotations

from telegram.error import TelegramError

from bot.core.errors import ChannelError, MaybeSent, NotSent, Undeliverable
from channels.telegram.transport import Refused, RequestNotWritten

TOKEN_FIX = "Copy the token from @BotFather into channels.telegram.botToken and restart."

_GONE = ("chat not found", "user not found", "peer_id_invalid", "bot was kicked", "group chat was deleted")
FORBIDDEN = "I am not allowed to do that here."
# Source: tdlib/telegram-bot-api, the wording for a group that does not let members send something
_FORBIDDEN = ("not enough rights", "chat_send_", "chat_write_forbidden", "chat_restricted")
_NOT_FOUND_EDIT = ("message to edit not found", "message can't be edited", "message_id_invalid")
_BAD_MEDIA = (
    *("photo", "image", "audio", "video", "media", "file", "too big"),
    *("wrong type of the web page content", "failed to get http url content"),
)


def verdict(error: TelegramError, chat: str) -> ChannelError:
    """The port's error for a failed send or edit in `chat`."""
    where = f"Telegram chat {chat!r}"
    if isinstance(error, RequestNotWritten):
        return NotSent(f"{where}: no connection to the Bot API ({error}); it is tried again")
    if not isinstance(error, Refused):
        return MaybeSent(f"{where}: the connection broke after the message was sent off ({error})")
    what = f"{where}: Telegram answered {error.status} {error.description!r}"
    if error.status == 429:
        return NotSent(f"{what}; it is tried again", retry_after=float(error.retry_after or 1))
    if error.status >= 500:
        return MaybeSent(what)
    if error.status < 400:
        return NotSent(f"{what}: something between us and Telegram sends the request elsewhere; redirects are refused")
    if error.status in (401, 404):
        return NotSent(f"{what}: the bot token is refused. {TOKEN_FIX}", retry_after=60.0)
    if error.migrate_to is not None:
        return Undeliverable(f"{what}; the chat is now {error.migrate_to}", moved_to=str(error.migrate_to))
    if error.status == 403 or error.says(*_GONE):
        return Undeliverable(f"{what}; nothing more can be sent there", gone=True)
    return Undeliverable(what, tell=FORBIDDEN if error.says(*_FORBIDDEN) else None)


def is_same_text(refused: Refused) -> bool:
    """The edit changed nothing, so the message shows what it should."""
    return refused.says("message is not modified")


def is_lost_message(refused: Refused) -> bool:
    """The message that should be edited does not exist any more."""
    return refused.says(*_NOT_FOUND_EDIT)


def is_bad_media(refused: Refused) -> bool:
    """Telegram does not take this picture, song or clip (its size, its shape, its format); as a document it may go."""
    return refused.status == 413 or (refused.status == 400 and refused.says(*_BAD_MEDIA))
