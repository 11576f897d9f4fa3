"""What the routes share: settings, planned faults and answers, the voice, and what was done so far."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.core.ports.clock import Clock
from bot.sandbox.audio.recognizer import Recognizer
from bot.sandbox.audio.synthesizer import SpeechSynthesizer
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.wire import Json

REMEMBERED = 500
REMEMBERED_BYTES = 64 * 2**20  # pictures travel inside requests
CLIPS_AT_MOST = 50


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as it arrived. `path` is below /api/v1; `body` is the JSON, or None when it was none;
    `size` is in bytes."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    query: Mapping[str, str]
    size: int = 0


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request that was admitted: its JSON body ({} for a GET) and the fault planned for it."""

    http: web.Request
    body: Json
    fault: Fault | None


Handler = Callable[[ApiCall], Awaitable[web.StreamResponse]]
Routes = dict[str, Handler]  # by method and path below /api/v1, as in "GET /models"


@dataclass(frozen=True, slots=True)
class QueuedAnswer:
    """The next exact answer: text, or a call of `tool`."""

    text: str = ""
    tool: str = ""
    arguments: str = ""
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """A code given out at sign-in, with the challenge it is bound to."""

    challenge: str
    method: str


@dataclass(slots=True)
class ClipJob:
    """A clip on order. `begun` is on the monotonic clock; `polls` counts how often its state was asked."""

    id: str
    request: Json
    cost: float
    begun: float
    polls: int = 0
    movie: bytes | None = None
    generation: str = ""
    ends: tuple[str, str] = ("completed", "")


@dataclass(slots=True)
class SandboxState:
    """Everything one sandbox holds. `origin` is known once it listens; `spent` is in US dollars."""

    key: str
    words_per_second: float
    render_seconds: float
    clock: Clock
    origin: str = ""
    spent: float = 0.0
    faults: Faults = field(default_factory=Faults)
    answers: deque[QueuedAnswer] = field(default_factory=deque)
    synthesizer: SpeechSynthesizer = field(default_factory=SpeechSynthesizer)
    recognizer: Recognizer = field(default_factory=Recognizer)
    keys: set[str] = field(default_factory=set)
    clips: dict[str, ClipJob] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    generations: dict[str, Json] = field(default_factory=dict)
    seen: deque[RecordedRequest] = field(default_factory=deque)

    def remember(self, request: RecordedRequest) -> None:
        """Keeps a request for those who ask what arrived; lets go of the oldest ones."""
        self.seen.append(request)
        weight = sum(request.size for request in self.seen)
        while len(self.seen) > REMEMBERED or (weight > REMEMBERED_BYTES and len(self.seen) > 1):
            weight -= self.seen.popleft().size

    def order(self, job: ClipJob) -> None:
        """Keeps a clip on order; lets go of the oldest ones."""
        self.clips[job.id] = job
        while len(self.clips) > CLIPS_AT_MOST:
            self.clips.pop(next(iter(self.clips)))

    def record(self, answer_id: str, model: str, spent: Json) -> None:
        """Keeps what an answer cost, for /generation, /credits and /key. `spent` is a usage object."""
        self.spent += spent.get("cost", 0.0)
        self.generations[answer_id] = {"id": answer_id, "model": model, **spent}
        while len(self.generations) > REMEMBERED:
            self.generations.pop(next(iter(self.generations)))
