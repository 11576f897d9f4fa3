"""People who were let in by pairing, and their pairing requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Guest:
    """A person who was let in by pairing."""

    channel: str
    person_id: str
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class PairingRequest:
    """A person who asks to be let in. `code_hash` is the SHA-256 of the code in lower-case hex."""

    code_hash: str
    channel: str
    person_id: str
    name: str
    chat: str
    expires: datetime
