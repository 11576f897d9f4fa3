"""Sending: parts in the forms Telegram takes, with the fallbacks for what it refuses.

Source: Telegram Bot API, Available methods; tdlib/telegram-bot-api for the wording of refusals.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar, assert_never

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
    ReplyParameters,
)
from telegram.error import TelegramError

from bot.core.errors import ChannelError, MaybeSent, MediaError, NotSent, Undeliverable
from bot.core.messages import Blob, Choice, Doing, Kind, Media, Part, Sent, Target, Text, Voice
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs
from bot.media.characters import units, whole
from bot.media.split import pieces, split
from channels.telegram.errors import is_bad_media, is_lost_message, is_same_text, verdict
from channels.telegram.html import MOST_UNITS, to_html
from channels.telegram.rate_limit import SendRateLimit
from channels.telegram.settings import MB, TelegramSettings
from channels.telegram.transport import Refused

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

TEXT_UNITS = 4000  # of 4096: rendering needs some room
CAPTION_UNITS = 1024
PICTURE_BYTES = 10 * MB  # sendPhoto takes no more
REST_TRIES = 3
LONGEST_PATIENCE_SECONDS = 30.0
GONE = "The file is gone."
_NO_SONGS = ("audio/wav", "audio/x-wav", "audio/flac", "audio/webm")  # sendAudio takes .MP3 and .M4A

# A preview fetches the address without a tap, and a stranger may have put it, with data in it, into the model's mouth.
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_UNPRINTABLE = re.compile(r'[\x00-\x1f\x7f"\\/]')
_ACTIONS = {
    Doing.TYPING: "typing",
    Doing.RECORDING: "record_voice",
    Doing.UPLOADING_PHOTO: "upload_photo",
}


@dataclass(frozen=True, slots=True)
class _Way:
    """How a message is addressed and written; made easier when Telegram refuses a part of it."""

    chat: int
    thread: int | None
    reply: int | None
    html: bool = True

    @property
    def reply_parameters(self) -> ReplyParameters | None:
        return None if self.reply is None else ReplyParameters(self.reply, allow_sending_without_reply=True)

    @property
    def parse_mode(self) -> str | None:
        return "HTML" if self.html else None

    def easier(self, refused: Refused) -> _Way | None:
        """The way without what was refused, or None when nothing can be left out."""
        if self.html and refused.says("can't parse entities"):
            return replace(self, html=False)
        if self.thread is not None and refused.says("message thread not found", "topic_deleted"):
            return replace(self, thread=None)
        if self.reply is not None and refused.says("replied not found", "reply message not found"):
            return replace(self, reply=None)
        return None


class Sender:
    """Sends and edits through one bot."""

    def __init__(self, bot: Bot, blobs: Blobs, settings: TelegramSettings, clock: Clock) -> None:
        self._bot, self._blobs, self._clock = bot, blobs, clock
        self._upload_bytes = settings.upload_bytes
        self._pace = SendRateLimit(settings.rate, clock)

    async def send(self, to: Target, part: Part) -> Sent:
        """One part as one message; what does not fit a caption follows as text. Raises as `Channel.send`."""
        way = _way(to)
        try:
            match part:
                case Text():
                    return await self._text(way, part)
                case Voice():
                    return await self._voice(way, part)
                case Media():
                    return await self._media(way, part)
                case _:
                    assert_never(part)
        except TelegramError as error:
            raise self._failed(error, way) from None

    async def edit(self, to: Target, message_id: str, text: Text) -> None:
        """Raises as `Channel.edit`."""
        way, number = _way(to), _number(message_id)

        async def once(way: _Way) -> object:
            return await self._bot.edit_message_text(
                _rendered(text.text, way),
                chat_id=way.chat,
                message_id=number,
                parse_mode=way.parse_mode,
                link_preview_options=_NO_PREVIEW,
                reply_markup=_keyboard(text.choices),
            )

        try:
            await self._attempt(way, once)
        except Refused as refused:
            if is_same_text(refused):
                return
            if is_lost_message(refused):
                what = f"Telegram message {message_id!r} in chat {way.chat} cannot be edited: {refused.description!r}"
                raise Undeliverable(what) from None
            raise self._failed(refused, way) from None
        except TelegramError as error:
            raise self._failed(error, way) from None

    async def busy(self, to: Target, doing: Doing) -> None:
        """The indicator in the right topic; skipped while the chat is held. Never raises."""
        try:
            way = _way(to)
            if not self._pace.held_seconds(str(way.chat)):
                await self._bot.send_chat_action(way.chat, _ACTIONS[doing], message_thread_id=way.thread)
        except (TelegramError, Undeliverable) as error:
            log.debug("busy.failed", extra={"error": type(error).__name__})

    # --- forms ---------------------------------------------------------------------------------

    async def _text(self, way: _Way, text: Text) -> Sent:
        keyboard = _keyboard(text.choices)

        async def once(way: _Way) -> Message:
            return await self._bot.send_message(
                way.chat,
                _rendered(text.text, way),
                parse_mode=way.parse_mode,
                message_thread_id=way.thread,
                reply_parameters=way.reply_parameters,
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard,
            )

        return _sent(await self._attempt(way, once))

    async def _voice(self, way: _Way, voice: Voice) -> Sent:
        data = await self._read(voice.blob, "voice.ogg")

        async def once(way: _Way) -> Message:
            return await self._bot.send_voice(
                way.chat,
                data,
                filename="voice.ogg",
                duration=max(1, round(voice.seconds)),
                message_thread_id=way.thread,
                reply_parameters=way.reply_parameters,
            )

        try:
            return _sent(await self._attempt(way, once))
        except Refused as refused:
            if not refused.says("voice_messages_forbidden"):
                raise
        # The person does not take voice notes: a sound file and the words instead.
        return await self._media(way, Media(Kind.AUDIO, voice.blob, "voice.ogg", voice.text, voice.seconds))

    async def _media(self, way: _Way, media: Media) -> Sent:
        data = await self._read(media.blob, media.name)
        caption, rest = _caption(media.caption)
        if not _is_taken(media):
            media = replace(media, kind=Kind.DOCUMENT)
        try:
            sent = _sent(await self._attempt(way, self._upload(media, data, caption)))
        except Refused as refused:
            if media.kind is Kind.DOCUMENT or not is_bad_media(refused):
                raise
            log.info("media.refused", extra={"chat": way.chat, "kind": media.kind, "reason": refused.description})
            as_file = replace(media, kind=Kind.DOCUMENT)
            sent = _sent(await self._attempt(way, self._upload(as_file, data, caption)))
        await self._follow(way, rest)
        return sent

    def _upload(self, media: Media, data: bytes, caption: str) -> Callable[[_Way], Awaitable[Message]]:
        name = _UNPRINTABLE.sub("", whole(media.name)) or "file"
        seconds = None if media.seconds is None else max(1, round(media.seconds))

        async def once(way: _Way) -> Message:
            words = _rendered(caption, way, CAPTION_UNITS) if caption else None
            chat, mode, thread, reply = way.chat, way.parse_mode, way.thread, way.reply_parameters
            match media.kind:
                case Kind.PICTURE:
                    return await self._bot.send_photo(
                        chat,
                        data,
                        words,
                        parse_mode=mode,
                        message_thread_id=thread,
                        reply_parameters=reply,
                        filename=name,
                    )
                case Kind.AUDIO | Kind.VOICE:
                    return await self._bot.send_audio(
                        chat,
                        data,
                        duration=seconds,
                        caption=words,
                        parse_mode=mode,
                        message_thread_id=thread,
                        reply_parameters=reply,
                        filename=name,
                    )
                case Kind.VIDEO:
                    return await self._bot.send_video(
                        chat,
                        data,
                        duration=seconds,
                        caption=words,
                        parse_mode=mode,
                        supports_streaming=True,
                        message_thread_id=thread,
                        reply_parameters=reply,
                        filename=name,
                    )
                case Kind.DOCUMENT:
                    return await self._bot.send_document(
                        chat,
                        data,
                        caption=words,
                        parse_mode=mode,
                        message_thread_id=thread,
                        reply_parameters=reply,
                        filename=name,
                    )
                case _:
                    assert_never(media.kind)

        return once

    async def _follow(self, way: _Way, rest: tuple[str, ...]) -> None:
        """The words that did not fit under the media. Raises `MaybeSent` when they do not get through: sending
        the media once more is better than losing its caption."""
        for words in rest:
            for left in reversed(range(REST_TRIES)):
                try:
                    await self._text(replace(way, reply=None), Text(words))
                    break
                except (TelegramError, NotSent) as error:
                    failed = self._failed(error, way) if isinstance(error, TelegramError) else error
                    if not isinstance(failed, NotSent) or not left:
                        what = f"Telegram chat {way.chat}: the media arrived, its text perhaps not ({failed})"
                        raise MaybeSent(what) from None
                    await self._clock.sleep(min(failed.retry_after or 1.0, LONGEST_PATIENCE_SECONDS))

    # --- one attempt ---------------------------------------------------------------------------

    async def _attempt(self, way: _Way, once: Callable[[_Way], Awaitable[Answer]]) -> Answer:
        """Tries in ever easier ways. Raises `TelegramError`, or `NotSent` while the chat is held."""
        while True:
            await self._pace.turn(str(way.chat))
            try:
                return await once(way)
            except Refused as refused:
                easier = way.easier(refused)
                if easier is None:
                    raise
                log.info("send.eased", extra={"chat": way.chat, "reason": refused.description})
                way = easier

    def _failed(self, error: TelegramError, way: _Way) -> ChannelError:
        failure = verdict(error, str(way.chat))
        if isinstance(error, Refused) and error.status == 429 and isinstance(failure, NotSent):
            self._pace.hold(str(way.chat), failure.retry_after or 1.0)
        return failure

    async def _read(self, blob: Blob, name: str) -> bytes:
        if blob.size > self._upload_bytes:
            limit = f"Telegram takes {self._upload_bytes / MB:.0f} MB from bots"
            raise Undeliverable(f"{name!r} has {blob.size / MB:.1f} MB and {limit}", tell=f"It is too large: {limit}.")
        try:
            return await self._blobs.read(blob)
        except MediaError as error:
            raise Undeliverable(f"{name!r} cannot be sent to Telegram: {error}", tell=GONE) from error


def _way(to: Target) -> _Way:
    place = to.conversation
    return _Way(
        _number(place.chat),
        _number(place.thread) if place.thread else None,
        _number(to.reply_to) if to.reply_to else None,
    )


def _number(identifier: str) -> int:
    try:
        return int(identifier)
    except ValueError:
        raise Undeliverable(f"{identifier!r} is no chat, topic or message of Telegram: ids are numbers") from None


def _rendered(text: str, way: _Way, limit: int = MOST_UNITS) -> str:
    return to_html(text, limit=limit) if way.html else whole(text)


def _keyboard(choices: tuple[Choice, ...]) -> InlineKeyboardMarkup | None:
    """Short buttons share a row, three at most."""
    rows: list[list[InlineKeyboardButton]] = []
    room = 0
    for choice in choices:
        if not rows or len(rows[-1]) == 3 or len(choice.label) > room:
            rows.append([])
            room = 30
        rows[-1].append(InlineKeyboardButton(whole(choice.label), callback_data=choice.say))
        room -= len(choice.label)
    return InlineKeyboardMarkup(rows) if rows else None


def _is_taken(media: Media) -> bool:
    """Whether Telegram takes this as what it is; a file of any kind goes as a document."""
    if media.kind is Kind.PICTURE:
        return media.blob.size <= PICTURE_BYTES and media.blob.mime != "image/gif"
    return media.kind is not Kind.AUDIO or media.blob.mime not in _NO_SONGS


def _caption(text: str) -> tuple[str, tuple[str, ...]]:
    """What fits under the media, and the rest as messages."""
    if units(text) <= CAPTION_UNITS:
        return text, ()
    head, *others = pieces(text, CAPTION_UNITS, utf16=True)
    rest = "".join(other.body + other.gap for other in others)
    return head.text, split(others[0].opener + rest, TEXT_UNITS, utf16=True) if others else ()


def _sent(message: Message) -> Sent:
    return Sent(str(message.message_id))
