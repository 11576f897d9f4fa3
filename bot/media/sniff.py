"""File sniffing: what a file is by its first bytes; names and announced types are claims of the sender."""

from __future__ import annotations

HEAD_BYTES = 4096


def sniff(head: bytes) -> str:
    """The MIME type of a file by its first bytes (64 are enough, 4096 better); "" when it is none that is used here.

    Text has no type, so that what a media program would follow to other files (playlists, SVG, HTML) is never one."""
    if head[:3] == b"ID3":
        behind = head[id3_bytes(head) or len(head) :]  # a tag may stand before other sound than MP3
        if behind[:4] == b"fLaC":
            return "audio/flac"
        return (
            "audio/aac"
            if len(behind) > 2 and behind[0] == 0xFF and _mpeg_audio(behind) == "audio/aac"
            else "audio/mpeg"
        )
    for at, magic, mime in _MAGIC:
        if head[at : at + len(magic)] == magic:
            return mime
    if head[:4] in (b"RIFF", b"RF64"):
        return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head[:4] == b"OggS":
        return "audio/ogg"
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return _mpeg_audio(head)
    sound = head.lstrip(b"\0")  # some encoders fill up before their first frame
    return _mpeg_audio(sound) if len(sound) < len(head) and sound[:1] == b"\xff" and len(sound) > 2 else ""


def id3_bytes(head: bytes) -> int:
    """How long the ID3 tag is that a file begins with; 0 for none. Source: ID3 2.4.0, header."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = (head[6] & 127) << 21 | (head[7] & 127) << 14 | (head[8] & 127) << 7 | head[9] & 127
    return 10 + size + (10 if head[5] & 0x10 else 0)


_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"fLaC", "audio/flac"),
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
    if head[1] & 0xE0 != 0xE0:
        return ""
    version, layer = head[1] >> 3 & 0b11, head[1] >> 1 & 0b11
    if layer == 0:
        return "audio/aac" if head[1] & 0xF6 == 0xF0 else ""
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 0b11
    is_frame = version != 0b01 and layer != 0b11 and bitrate not in (0, 0b1111) and rate != 0b11
    return "audio/mpeg" if is_frame else ""
