"""File kinds: what a file sent "as a file" is by its name and announced MIME type, before it is fetched.

Clients guess the type from the name and often guess wrong: TypeScript comes as `video/mp2t`, a voice note as
`application/octet-stream`. So a name's ending counts for more. Once the bytes are here, they decide (LISTEN).
"""

from __future__ import annotations

from pathlib import PurePath

from bot.core.messages import Kind

_ENDINGS = {
    Kind.PICTURE: (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".heic", ".heif", ".avif"),
    Kind.AUDIO: (".aac", ".aiff", ".amr", ".flac", ".m4a", ".m4b", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wma"),
    Kind.VIDEO: (".3gp", ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"),
}
_FAMILIES = {"image": Kind.PICTURE, "audio": Kind.AUDIO, "video": Kind.VIDEO}


def claimed_kind(name: str, mime: str) -> Kind:
    """What a file is by its name; where that has no ending, by its announced type."""
    if ending := PurePath(name.strip()).suffix.lower():
        return next((kind for kind, endings in _ENDINGS.items() if ending in endings), Kind.DOCUMENT)
    return _FAMILIES.get(mime.partition("/")[0].lower(), Kind.DOCUMENT)
