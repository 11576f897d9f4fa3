"""Figures from the log, and how Prometheus reads them."""

from __future__ import annotations

import logging
import re

from bot.core.arrivals import Backlog
from bot.core.ports.channel import Health
from bot.core.spending import Capability
from bot.ops.counts import Counts, counting
from bot.ops.metrics import exposition


def page(counts: Counts) -> str:
    return exposition(
        counts=counts,
        channels={'tele"gram': Health(False, "down"), "web": Health(True, "ok")},
        store=Health(True, "ok"),
        backlog=Backlog(2, 3, 1, 4.5),
        spend={Capability.CHAT: 1234},
        uptime_seconds=60.0,
    )


def test_events_are_counted_below_the_level_that_is_written() -> None:
    log, root = logging.getLogger("bot.agent.turn"), logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)
    try:
        with counting() as counts:
            log.info("turn.done", extra={"seconds": 1.5})
            log.info("turn.done", extra={"seconds": 700.0, "outcome": "apologised"})
            log.warning("turn.apologised")
        log.info("turn.done", extra={"seconds": 1.5})
    finally:
        root.setLevel(level)

    assert counts.events == {"turn.done": 2, "turn.apologised": 1}
    told = page(counts)
    ended = [float(line.split()[-1]) for line in told.splitlines() if line.startswith("voxline_turns_total")]
    assert sum(ended) == 2  # each turn counts once, whatever its outcome
    assert 'voxline_turns_total{outcome="done"} 1' in told
    assert 'voxline_turns_total{outcome="apologised"} 1' in told
    assert 'voxline_turn_seconds_bucket{le="1.0"} 0' in told
    assert 'voxline_turn_seconds_bucket{le="2.0"} 1' in told
    assert 'voxline_turn_seconds_bucket{le="+Inf"} 2' in told
    assert "voxline_turn_seconds_sum 701.5" in told


def test_every_line_is_one_that_prometheus_reads() -> None:
    sample = re.compile(r'[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\.)*"(,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? [0-9.e+-]+')
    for line in page(Counts()).splitlines():
        assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line


def test_the_page_tells_channels_backlog_and_money() -> None:
    told = page(Counts())
    assert 'voxline_channel_up{channel="tele\\"gram"} 0' in told
    assert "voxline_waiting_parts 3" in told
    assert "voxline_oldest_waiting_seconds 4.5" in told
    assert 'voxline_spend_microdollars_total{capability="chat"} 1234' in told


def test_repeats_are_told_by_whom_they_go_to_and_whether_a_pause_was_asked_for() -> None:
    log = logging.getLogger("bot.some")
    with counting() as counts:
        for throttled in (True, True, False):
            log.info("part.not_sent", extra={"of": "telegram", "throttled": throttled})
        log.warning("chat.retry", extra={"of": "openrouter", "throttled": True})

    told = page(counts)
    assert 'voxline_repeats_total{of="telegram",why="throttled"} 2' in told
    assert 'voxline_repeats_total{of="telegram",why="failed"} 1' in told
    assert 'voxline_repeats_total{of="openrouter",why="throttled"} 1' in told


def test_every_error_is_a_failure_by_whatever_name() -> None:
    log = logging.getLogger("bot.some")
    with counting() as counts:
        log.error("part.undeliverable")
        log.warning("voice.failed")
        log.warning("turn.apologised")

    assert counts.failures == {"part.undeliverable": 1, "voice.failed": 1}
    assert 'voxline_failures_total{event="part.undeliverable"} 1' in page(counts)
