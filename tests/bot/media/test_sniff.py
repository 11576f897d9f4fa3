import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.media.sniff import sniff


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x18ftypheic", "image/heic"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf3\x40\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"fLaC", "audio/flac"),
        (b"\x1a\x45\xdf\xa3", "audio/webm"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(head: bytes, mime: str) -> None:
    assert sniff(head) == mime


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"\xff\xd8",
        b"RIFF\0\0\0\0AVI ",
        b"MZ",
        b"\x7fELF",
        b"PK\x03\x04",
        "hällo".encode("utf-16"),
        "#EXTM3U".encode("utf-16"),
        b"\xff\xff\xff\xff",
        b"\xff\xfb\xf0\x00",
        b"\xff\xfb\x9c\x00",
        b"plain text",
        b"GIF88a",
    ],
)
def test_what_is_not_used_here_has_no_type(head: bytes) -> None:
    assert sniff(head) == ""


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n",
        "\ufeff#EXTM3U",
        " \n#extm3u",
        "[playlist]\nFile1=/etc/passwd",
        "ffconcat version 1.0",
        "<svg onload=x>",
        "<?xml version='1.0'?><MPD/>",
        "<!DOCTYPE html>",
        "<HTML>",
        "<script>",
        "http://example.org/a.ts",
    ],
)
def test_playlists_and_pages_are_no_media_under_any_name(text: str) -> None:
    assert sniff(text.encode()) == ""


@given(st.binary(max_size=64))
def test_no_bytes_break_it(head: bytes) -> None:
    assert isinstance(sniff(head), str)
