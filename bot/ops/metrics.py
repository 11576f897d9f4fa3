"""Metrics in the text format that Prometheus reads.

Source: prometheus.io/docs, Exposition formats, text format 0.0.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import accumulate

from bot.core.arrivals import Backlog
from bot.core.log_events import (
    PART_FAILED,
    PART_MAYBE_SENT,
    PART_NOT_SENT,
    PART_SENT,
    PART_UNDELIVERABLE,
)
from bot.core.ports.channel import Health
from bot.core.spending import Capability
from bot.ops.counts import BUCKETS, Counts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
OUTCOMES = ("done", "apologised", "failed", "dead", "stopped")
PART_TROUBLES = (PART_NOT_SENT, PART_MAYBE_SENT, PART_FAILED, PART_UNDELIVERABLE)
WHY = {True: "throttled", False: "failed"}

Rows = Iterable[tuple[Mapping[str, str], float]]


def exposition(
    *,
    counts: Counts,
    channels: Mapping[str, Health],
    store: Health,
    backlog: Backlog,
    spend: Mapping[Capability, int],
    uptime_seconds: float,
) -> str:
    """One page of metrics. `spend` is in micro-dollars since the start."""
    events = counts.events
    turns = [({"outcome": outcome}, counts.outcomes[outcome]) for outcome in OUTCOMES]
    failures = [({"event": event}, n) for event, n in sorted(counts.failures.items())]
    repeats = [({"of": of, "why": WHY[throttled]}, n) for (of, throttled), n in sorted(counts.repeats.items())]
    logged = [({"event": event}, n) for event, n in sorted(events.items())]
    families = (
        _family("voxline_turns_total", "counter", "Turns that ended, by outcome; each counts once.", turns),
        _histogram(counts),
        _family("voxline_parts_sent_total", "counter", "Delivered parts.", [({}, events[PART_SENT])]),
        _family(
            "voxline_parts_not_sent_total",
            "counter",
            "Tries to deliver that were put off, by why.",
            [({"why": event.partition(".")[2]}, events[event]) for event in PART_TROUBLES],
        ),
        _family(
            "voxline_repeats_total",
            "counter",
            "Requests that are made again, by whom they go to; throttled means that a pause was asked for.",
            repeats,
        ),
        _family("voxline_failures_total", "counter", "Things that failed, by log event.", failures),
        _family("voxline_events_total", "counter", "Every log event.", logged),
        _family(
            "voxline_spend_microdollars_total",
            "counter",
            "Paid since the start, in millionths of a US dollar.",
            [({"capability": capability.value}, spend.get(capability, 0)) for capability in Capability],
        ),
        _family(
            "voxline_channel_up",
            "gauge",
            "Whether a channel works.",
            [({"channel": name}, health.ok) for name, health in sorted(channels.items())],
        ),
        _family("voxline_store_up", "gauge", "Whether the store takes writes.", [({}, store.ok)]),
        _family("voxline_waiting_messages", "gauge", "Messages that are not finished.", [({}, backlog.messages)]),
        _family("voxline_waiting_parts", "gauge", "Parts that are not delivered.", [({}, backlog.parts)]),
        _family("voxline_busy_conversations", "gauge", "Conversations with any.", [({}, backlog.conversations)]),
        _family("voxline_oldest_waiting_seconds", "gauge", "Age of the oldest.", [({}, backlog.oldest_seconds)]),
        _family("voxline_uptime_seconds", "gauge", "Since the start.", [({}, uptime_seconds)]),
    )  # fmt: skip
    return "".join(families)


def _family(name: str, kind: str, about: str, rows: Rows) -> str:
    lines = [f"# HELP {name} {about}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in rows]
    return "\n".join(lines) + "\n"


def _histogram(counts: Counts) -> str:
    name = "voxline_turn_seconds"
    below = list(accumulate(counts.buckets))
    lines = [f"# HELP {name} How long turns took.", f"# TYPE {name} histogram"]
    lines += [f'{name}_bucket{{le="{edge}"}} {count}' for edge, count in zip((*BUCKETS, "+Inf"), below, strict=True)]
    lines += [f"{name}_sum {_number(counts.seconds)}", f"{name}_count {below[-1]}"]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return f"{float(value):.10g}"
