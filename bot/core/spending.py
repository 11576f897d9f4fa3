"""Money spent: one paid call, and the capability it was spent on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Capability(StrEnum):
    """What money was spent on."""

    CHAT = "chat"
    IMAGE = "image"
    VIDEO = "video"
    MUSIC = "music"
    SPEECH = "speech"
    TRANSCRIPT = "transcript"


@dataclass(frozen=True, slots=True)
class Spend:
    """One paid call. `person` is channel:id. `cost_microusd` None means that the provider named no price."""

    person: str
    capability: Capability
    model: str
    cost_microusd: int | None
    billed: bool = False
    generation_id: str = ""
