"""Message limits of a channel: long texts go out in several messages, large files are made smaller."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Protocol

from bot.core.errors import MediaError
from bot.core.messages import Blob, Kind, Media, Part, Reply, Text
from bot.core.ports.channel import ChannelLimits
from bot.media.split import split

log = logging.getLogger(__name__)

ENDINGS = {"image/jpeg": "jpg", "audio/ogg": "ogg"}


class Shrinker(Protocol):
    """Makes files smaller."""

    async def smaller(self, blob: Blob, cap: int) -> Blob:
        """The same picture or sound in at most `cap` bytes. Raises `MediaError` when that cannot be."""


async def fit_for(limits: ChannelLimits, reply: Reply, shrinker: Shrinker) -> Reply:
    """The reply in parts that the channel can carry. What cannot be made to fit stays as it is: delivery says why."""
    fitted: list[Part] = []
    for part in reply:
        match part:
            case Text():
                fitted += cut(part, limits)
            case Media(kind=Kind.PICTURE | Kind.AUDIO, blob=blob) if blob.size > limits.upload_bytes:
                fitted.append(await _smaller(part, limits.upload_bytes, shrinker))
            case _:
                fitted.append(part)
    return tuple(fitted)


def cut(text: Text, limits: ChannelLimits) -> list[Text]:
    """One text in as many messages as it takes; buttons stay under the last."""
    *first, last = [Text(piece) for piece in split(text.text, limits.text, utf16=limits.utf16)] or [text]
    return [*first, replace(last, choices=text.choices)]


async def _smaller(part: Media, cap: int, shrinker: Shrinker) -> Media:
    try:
        blob = await shrinker.smaller(part.blob, cap)
    except MediaError as error:
        log.warning("part.too_large", extra={"bytes": part.blob.size, "cap": cap, "why": str(error)})
        return part
    log.info("part.shrunk", extra={"bytes": part.blob.size, "now": blob.size})
    stem = part.name.rpartition(".")[0] or part.name
    return replace(part, blob=blob, name=f"{stem}.{ENDINGS.get(blob.mime, 'bin')}")
