"""Until its bytes are here, a file is what its name says, then what its sender's client announced."""

from __future__ import annotations

import pytest

from bot.core.messages import Kind
from bot.media.file_kinds import claimed_kind


@pytest.mark.parametrize(
    ("name", "mime", "kind"),
    [
        ("sample.ts", "video/mp2t", Kind.DOCUMENT),
        ("app.js", "application/javascript", Kind.DOCUMENT),
        ("conf.yaml", "application/octet-stream", Kind.DOCUMENT),
        ("run.sh", "text/x-sh", Kind.DOCUMENT),
        ("note.ogg", "application/octet-stream", Kind.AUDIO),
        ("x.log", "audio/ogg", Kind.DOCUMENT),
        ("photo.JPG", "image/jpg", Kind.PICTURE),
        ("clip.mp4", "", Kind.VIDEO),
        ("", "image/png", Kind.PICTURE),
        ("README", "audio/mpeg", Kind.AUDIO),
        (".ogg", "", Kind.DOCUMENT),
        ("", "", Kind.DOCUMENT),
    ],
)
def test_the_ending_of_a_name_counts_for_more_than_the_announced_type(name: str, mime: str, kind: Kind) -> None:
    assert claimed_kind(name, mime) is kind
