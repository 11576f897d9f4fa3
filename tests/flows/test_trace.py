"""One word finds every log line of a turn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.agent.speak import VoiceMode
from bot.core.errors import NotSent, ProviderBusy
from bot.core.messages import Attachment, Kind
from bot.core.trace import TurnFilter
from tests.fakes.clock import FakeClock
from tests.fakes.model import Calls, Says
from tests.talk import open_talk


class Lines(logging.Handler):
    """Everything that our own packages log."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.addFilter(TurnFilter())
        self.seen: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record)


@pytest.fixture
def lines() -> Iterator[Lines]:
    lines, logger = Lines(), logging.getLogger("bot")
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(lines)
    logger.setLevel(level)


async def test_every_line_between_accept_and_delivery_names_the_same_turn(tmp_path: Path, lines: Lines) -> None:
    clock = FakeClock()
    paint = Calls((("image_generate", {"prompt": "a fox"}),))
    async with open_talk(tmp_path, paint, Says("Here is a fox."), voice=VoiceMode.ALWAYS, clock=clock) as talk:
        talk.channel.files |= {"voice": b"paint a fox", "picture": b"picture"}
        talk.ears.faults.append(ProviderBusy("HTTP 503"))
        talk.painter.faults.append(ProviderBusy("HTTP 503"))
        for _ in range(3):  # the preview's own tries are among them
            talk.channel.fault("send", NotSent("no connection", retry_after=1.0))
        voice = Attachment(Kind.VOICE, "audio/ogg", "voice", seconds=2.0)
        picture = Attachment(Kind.PICTURE, "image/png", "picture")
        await talk.says("and look", attachments=(voice, picture))
        for _ in range(200):
            if not talk.agent.engine.running:
                break
            await asyncio.sleep(0.01)
            await clock.advance(1)

    begun = [line.msg for line in lines.seen].index("turn.begun")
    sent = max(number for number, line in enumerate(lines.seen) if line.msg == "part.sent")
    told = {(line.msg, getattr(line, "turn", "")) for line in lines.seen[begun : sent + 1]}
    assert {turn for _, turn in told} == {"1"}
    assert {"transcript.failed", "tool.failed", "turn.done", "part.not_sent", "part.sent"} <= {msg for msg, _ in told}
    assert lines.seen[begun].events == "event-1"  # type: ignore[attr-defined]


async def test_what_no_turn_produced_names_none(tmp_path: Path, lines: Lines) -> None:
    async with open_talk(tmp_path, Says("Hi")) as talk:
        await talk.says("hello")
        await talk.settles()
        await talk.agent.owners.alert("test", "Look here")
        await talk.settles()

    (alert,) = [line for line in lines.seen if line.msg == "part.sent" and str(vars(line)["key"]).startswith("alert")]
    assert not hasattr(alert, "turn")


async def test_a_pause_that_a_channel_asked_for_is_logged_as_one(tmp_path: Path, lines: Lines) -> None:
    async with open_talk(tmp_path, Says("Hi")) as talk:
        talk.channel.fault("send", NotSent("Telegram asks for a pause", retry_after=3.0))
        await talk.agent.owners.alert("test", "Look here")
        for _ in range(100):
            if not talk.agent.engine.running:
                break
            await asyncio.sleep(0.01)
            await talk.clock.advance(1)

    (put_off,) = [vars(line) for line in lines.seen if line.msg == "part.not_sent"]
    assert (put_off["of"], put_off["throttled"]) == ("fake", True)
