"""Failures on demand, each of a kind seen in the wild, and the queue that hands them out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class StatusError:
    """A refusal. `retry_after` is the header's text, "" for none."""

    status: int = 429
    message: str = "Rate limit exceeded"
    retry_after: str = ""
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CannotAfford:
    """402 that names the tokens the account could still pay for."""

    tokens: int = 512


@dataclass(frozen=True, slots=True)
class UnreadablePictures:
    """400 for every request that shows a picture, as a provider answers that cannot decode one."""

    message: str = "Could not process image"


@dataclass(frozen=True, slots=True)
class ErrorInside200:
    """HTTP 200 whose body is an error object."""

    code: int = 502
    message: str = "Provider returned error"


@dataclass(frozen=True, slots=True)
class NullChoices:
    """HTTP 200 with `choices: null`."""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """Any body at all, word for word."""

    body: str = ""
    content_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True, slots=True)
class HtmlAnswer:
    """A web page where JSON was due, as a wrong base URL or a captive portal gives."""


@dataclass(frozen=True, slots=True)
class Hang:
    """The request is read and nothing ever comes back."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The right answer, `seconds` late."""

    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection breaks before any answer, though the request may have been carried out."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """Half an answer: the connection breaks after so many events (half the body where nothing streams)."""

    after_events: int = 3


@dataclass(frozen=True, slots=True)
class EndEarly:
    """The body ends cleanly after so many events, without a finish reason and without [DONE]."""

    after_events: int = 3


@dataclass(frozen=True, slots=True)
class Stall:
    """So many events, then keep-alive comments for ever, one every `every` seconds."""

    after_events: int = 0
    every: float = 0.05


@dataclass(frozen=True, slots=True)
class Freeze:
    """So many events, then silence on an open connection."""

    after_events: int = 3


@dataclass(frozen=True, slots=True)
class MidStreamError:
    """An error event after the answer has begun; the status stays 200."""

    after_events: int = 3
    code: int = 502
    message: str = "Provider disconnected unexpectedly"


@dataclass(frozen=True, slots=True)
class Garbage:
    """One event that is not JSON."""

    after_events: int = 2
    payload: str = '{"choices":[{"delta":'


@dataclass(frozen=True, slots=True)
class Drip:
    """The right answer in writes of so many bytes, so that nothing arrives whole."""

    bytes_per_write: int = 1


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    """A finished answer that says nothing."""


@dataclass(frozen=True, slots=True)
class NullArguments:
    """A tool call whose arguments are null."""

    tool: str = ""


@dataclass(frozen=True, slots=True)
class EndlessCalls:
    """The same tool call whatever happened before."""

    tool: str = ""
    arguments: str = "{}"


@dataclass(frozen=True, slots=True)
class BrokenBase64:
    """Pictures and sound whose base64 does not decode."""


@dataclass(frozen=True, slots=True)
class ForeignPollingUrl:
    """A clip whose `polling_url` lies on another host, which must not be given the key."""

    url: str = "http://elsewhere.invalid/poll"


@dataclass(frozen=True, slots=True)
class JobFails:
    """A clip that is accepted and then ends badly."""

    status: str = "failed"
    error: str = "The provider could not render this"


Fault = (
    StatusError | CannotAfford | ErrorInside200 | NullChoices | RawAnswer | HtmlAnswer | Hang | Slow | Reset | Truncate
    | EndEarly | Stall | Freeze | MidStreamError | Garbage | Drip | EmptyAnswer | NullArguments | EndlessCalls
    | BrokenBase64 | ForeignPollingUrl | JobFails | UnreadablePictures
)  # fmt: skip

KINDS: dict[str, type[Fault]] = {
    kind.__name__: kind
    for kind in (
        StatusError, CannotAfford, ErrorInside200, NullChoices, RawAnswer, HtmlAnswer, Hang, Slow, Reset, Truncate,
        EndEarly, Stall, Freeze, MidStreamError, Garbage, Drip, EmptyAnswer, NullArguments, EndlessCalls,
        BrokenBase64, ForeignPollingUrl, JobFails, UnreadablePictures,
    )
}  # fmt: skip


@dataclass(slots=True)
class _Planned:
    path: str
    do: Fault
    times: int | None
    after: int
    model: str = ""

    def take(self, path: str, model: str) -> bool:
        if not path.startswith(self.path) or (self.model and self.model != model) or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(slots=True)
class Faults:
    """The faults still to come, first in first out among those that match."""

    _planned: list[_Planned] = field(default_factory=list)

    def add(self, path: str = "/", *, do: Fault, times: int | None = 1, after: int = 0, model: str = "") -> None:
        """Plans `do` for requests whose path below /api/v1 starts with `path`.

        `times` None means for ever; `after` lets so many matching requests pass first; `model` limits it
        to requests that name this model."""
        self._planned.append(_Planned(path, do, times, after, model))

    def take(self, path: str, model: str = "") -> Fault | None:
        """The fault for this request, used up by one, or None."""
        return next((planned.do for planned in self._planned if planned.take(path, model)), None)

    def clear(self) -> None:
        """Nothing fails any more."""
        self._planned.clear()


def named(name: str, arguments: dict[str, Any]) -> Fault:
    """The fault of this class name. Raises `ValueError` naming what exists."""
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"{name!r} is not a fault; there are {', '.join(KINDS)}")
    accepted = {field.name for field in fields(kind)}
    if strange := set(arguments) - accepted:
        raise ValueError(
            f"{name} does not take {', '.join(sorted(strange))}; it takes {', '.join(sorted(accepted)) or 'nothing'}"
        )
    return kind(**arguments)
