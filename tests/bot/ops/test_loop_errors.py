"""What the loop tells of exhausted descriptors."""

from __future__ import annotations

import asyncio
import errno
import logging

import pytest

from bot.ops.loop_errors import sparing_words


async def test_exhaustion_is_told_once_and_everything_else_as_always(caplog: pytest.LogCaptureFixture) -> None:
    handle, loop = sparing_words(), asyncio.get_running_loop()

    with caplog.at_level(logging.ERROR):
        for _ in range(100):
            handle(loop, {"message": "accept", "exception": OSError(errno.EMFILE, "Too many open files")})
        handle(loop, {"message": "something else", "exception": OSError(errno.EPERM, "no")})
        handle(loop, {"message": "without an exception"})

    assert [record.message for record in caplog.records] == [
        "descriptors.exhausted",
        "something else",
        "without an exception",
    ]
