"""What a file is, told from its first bytes: names and announced types are claims of the sender."""

from __future__ import annotations

HEAD_BYTES = 4096


def sniff(head: bytes) -> str:
    """The MIME type of a file by its first bytes (64 are enough, 4096 better); "" when it is none that is used here.

    Text has no type, so that what a media program would follow to other files (playlists, SVG, HTML) is never one."""
    for at, magic, mime in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return mime
    if head[:4] == b"RIFF":
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head[:4] == b"OggS":
        return "audio/ogg"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _mpeg_audio(head)
    return ""


_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\x1a\x45\xdf\xa3", "audio/webm"),
    (0, b"%PDF-", "application/pdf"),
)


def _iso_media(brand: bytes) -> str:
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return "audio/mp4"
    if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif"):
        return "image/heic"
    return "video/mp4"


def _mpeg_audio(head: bytes) -> str:
    """ADTS AAC and MPEG audio share their sync word; the layer bits tell them apart. Source: ISO 13818-7, 11172-3.

    Layer I, a reserved version, rate or bitrate are refused: UTF-16 text begins like that, sound does not."""
    version, layer = head[1] >> 3 & 0b11, head[1] >> 1 & 0b11
    if layer == 0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else ""
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 0b11
    is_frame = version != 0b01 and layer != 0b11 and bitrate not in (0, 0b1111) and rate != 0b11
    return "audio/mpeg" if is_frame else ""
