"""Which places a kind of turn never comes by, and why. Every other pair is killed."""

from __future__ import annotations

from collections.abc import Iterator

_JOB = ("submit.after", "job.add", "job.save", "job.end")
_REMINDER = ("reminder.fire",)
_NOTICE = ("post",)
_TOOL = ("tool.after",)
_MEDIA = ("media.after",)
_PLACEHOLDER = ("placeholder.after",)
_TURN = ("model.after", "c2", "c3i", "c3", "c4")

_WHY = {
    _JOB: "only clips and songs are jobs",
    _REMINDER: "no reminder is set",
    _NOTICE: "a notice is what no turn says: pairing, pace, /stop",
    _TOOL: "the model calls no tool",
    _MEDIA: "the answer is text alone",
    _PLACEHOLDER: "every text begins as a live preview, whose message the outbox then edits",
    _TURN: "/stop is answered without a turn",
    ("c3i",): "nothing is begun that could not be repeated: no tool, no attachment, no voice",
}


def _but(*groups: tuple[str, ...]) -> dict[str, str]:
    return {point: _WHY[group] for group in groups for name in group for point in _both(name)}


def _both(name: str) -> Iterator[str]:
    """A commit point has a before and an after; an effect only an after."""
    yield from (name,) if name.endswith(".after") else (f"{name}.before", f"{name}.after")


UNREACHABLE: dict[str, dict[str, str]] = {
    "text": _but(_JOB, _REMINDER, _NOTICE, _TOOL, _MEDIA, ("c3i",)),
    "voice": _but(_JOB, _REMINDER, _NOTICE, _TOOL, _PLACEHOLDER),
    "tool": _but(_JOB, _NOTICE, _MEDIA),
    "picture": _but(_JOB, _REMINDER, _NOTICE, _PLACEHOLDER),
    "clip": _but(_REMINDER, _NOTICE),
    "notice": _but(_JOB, _REMINDER, _TOOL, _TURN, _MEDIA),
}
