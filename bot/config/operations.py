"""The sections `health` and `store`: how the daemon is watched, and retention of finished work."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.config.section import AsWhole, Port, Section


class HealthSettings(Section):
    """`port` serves /healthz, /readyz and /metrics on 127.0.0.1; None serves nothing.

    After `crashes_before_hold` deaths within five minutes Discord, which counts connections, waits 5, 15 and then 60
    seconds before it connects; 0 never does.
    """

    port: Port | None = None
    crashes_before_hold: Annotated[int, Field(ge=0), AsWhole] = 3


class StoreSettings(Section):
    """Retention in days of finished work: steps, delivered parts, jobs. The conversation itself stays.

    A state directory on a network share is refused unless `allow_network_share`.
    """

    keep_days: Annotated[int, Field(ge=2), AsWhole] = 30
    allow_network_share: bool = False
