"""Named places where a test can make the process die.

`VOXLINE_FAILPOINTS="c3.after=kill9@2,c1.before=raise"` arms them: what happens at a name, and with
`@n` only the n-th time it is reached. A name that is not listed in `FAILPOINTS` cannot be called,
so a matrix over the list covers every commit point there is.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

from bot.core.errors import ConfigError

ENVIRONMENT_VARIABLE = "VOXLINE_FAILPOINTS"

# `before`: nothing is committed yet. `after`: committed, and no caller has been answered.
COMMIT_POINTS = (
    "c1",  # an event is accepted
    "c2",  # a turn is claimed
    "c3i",  # a step is about to begin
    "c3",  # a step is finished
    "c4",  # a turn is finished
    "c5",  # a part is about to be sent
    "c5b",  # a placeholder is in the chat
    "c6",  # a part was sent
    "post",  # a notice is queued
    "job.add",
    "job.save",
    "job.end",
    "reminder.fire",
    "migrate",
)

# Something outside has just happened, and nothing of it is committed yet.
EFFECTS = (
    "model.after",  # the model has answered
    "tool.after",  # a tool has run
    "placeholder.after",  # a placeholder was sent
    "sent.after",  # a part was sent
    "media.after",  # a voice note, a picture or a file was sent
    "submit.after",  # a job was submitted
)

FAILPOINTS = (
    "start",
    *EFFECTS,
    *(f"{point}.{moment}" for point, moment in product(COMMIT_POINTS, ("before", "after"))),
)


class FailpointReached(RuntimeError):
    """What the action `raise` raises."""


@dataclass(frozen=True, slots=True)
class _Armed:
    """What to do at a place; `on` 0 means every time."""

    action: str
    on: int = 0


def _raise(name: str) -> None:
    raise FailpointReached(f"the failpoint {name!r} was reached")


_ACTIONS: dict[str, Callable[[str], None]] = {
    "kill9": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "stop": lambda _: os.kill(os.getpid(), signal.SIGSTOP),
    "exit": lambda _: os._exit(1),
    "raise": _raise,
}

_known = frozenset(FAILPOINTS)
_armed: dict[str, _Armed] = {}
_reached: dict[str, int] = {}


def failpoint(name: str) -> None:
    """Nothing, unless a test armed this place. Raises `LookupError` for a name that is not listed."""
    if name not in _known:
        raise LookupError(f"the failpoint {name!r} is not listed in bot/core/failpoints.py: add it there")
    if not _armed:
        return
    armed = _armed.get(name)
    if armed is None:
        return
    _reached[name] = _reached.get(name, 0) + 1
    if armed.on in (0, _reached[name]):
        _ACTIONS[armed.action](name)


def arm(spec: str) -> None:
    """Arms the places in `spec` and disarms all others ("" disarms everything). Raises `ConfigError`."""
    armed = dict(_parse(entry.strip()) for entry in spec.split(",") if entry.strip())
    _armed.clear()
    _reached.clear()
    _armed.update(armed)


def arm_from_environment() -> None:
    """Arms what the environment asks for; without the variable nothing changes. Raises `ConfigError`."""
    spec = os.environ.get(ENVIRONMENT_VARIABLE)
    if spec:
        arm(spec)


def _parse(entry: str) -> tuple[str, _Armed]:
    name, _, what = entry.partition("=")
    action, at, on = what.partition("@")
    if name not in _known:
        raise ConfigError(
            f"{name!r} is not a failpoint", path=ENVIRONMENT_VARIABLE, fix=f"Use one of: {', '.join(FAILPOINTS)}"
        )
    if action not in _ACTIONS:
        raise ConfigError(
            f"{action!r} is not an action", path=ENVIRONMENT_VARIABLE, fix=f"Use one of: {', '.join(_ACTIONS)}"
        )
    if at and not (on.isdecimal() and int(on) > 0):
        raise ConfigError(
            f"{on!r} is not a count", path=ENVIRONMENT_VARIABLE, fix="Write it as c1.before=kill9@2, counted from 1"
        )
    return name, _Armed(action, int(on) if at else 0)
