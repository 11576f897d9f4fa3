"""The container's files, as far as they can be judged without a container service."""

from __future__ import annotations

import re
from pathlib import Path

from bot.agent.assembly import DRAIN_SECONDS

ROOT = Path(__file__).resolve().parents[2]
CONTAINER, COMPOSE = (ROOT / name for name in ("Containerfile", "compose.yaml"))


def test_the_container_is_not_root_and_asks_for_readiness() -> None:
    lines = CONTAINER.read_text().splitlines()
    assert lines.index("USER voxline") < next(n for n, line in enumerate(lines) if line.startswith("CMD"))
    assert next(line for line in lines if line.startswith("HEALTHCHECK")).endswith('["voxline", "status", "--ready"]')
    assert "VOLUME /data" in lines and "STOPSIGNAL SIGTERM" in lines


def test_compose_is_short_and_waits_longer_than_the_drain() -> None:
    text = COMPOSE.read_text()
    assert len(text.splitlines()) <= 15
    grace = re.search(r"stop_grace_period: (\d+)s", text)
    assert grace is not None and int(grace[1]) > DRAIN_SECONDS
    assert "read_only: true" in text
