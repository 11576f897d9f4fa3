"""The tool that sets, lists and removes reminders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.core.chat import ToolSpec
from bot.core.jobs import Reminder
from bot.core.messages import Conversation, Target
from bot.core.ports.clock import Clock
from bot.core.steps import ToolOutcome
from bot.core.zones import UnknownZone, open_zone
from bot.tools import arguments
from bot.tools.cron import next_cron_time, parse_cron
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed, free

ACTIONS = ("set", "list", "remove")
REMINDERS_AT_MOST = 50
FARTHEST = timedelta(days=3660)
SHORTEST_PERIOD = timedelta(minutes=5)

SPEC = ToolSpec(
    "reminder",
    "Set, list or remove reminders of this chat.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": ACTIONS},
                "text": {"type": "string", "description": "What to remind of."},
                "inMinutes": {"type": "number"},
                "everyMinutes": {"type": "integer"},
                "at": {"type": "string", "description": "Local time, 2026-01-31T08:00."},
                "cron": {
                    "type": "string",
                    "description": "Repeats: five fields; mon-fri; first Monday: mon#1.",
                },
                "zone": {"type": "string", "description": "IANA time zone; ask if you do not know it."},
                "id": {"type": "string"},
            },
            "required": ["action"],
        },
        separators=(",", ":"),
    ),
)


class Timer(Protocol):
    """Where reminders are kept."""

    async def add(self, reminder: Reminder) -> None: ...
    async def drop(self, conversation: Conversation, reminder_id: str) -> bool: ...
    async def listed(self, conversation: Conversation) -> tuple[Reminder, ...]: ...


def reminder(timer: Timer, clock: Clock, zone: str) -> Tool:
    """The tool; `zone` is the time zone where none is named."""

    async def run(fields: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        conversation = context.turn.conversation
        match arguments.one_of(fields, "action", ACTIONS) or "set":
            case "list":
                return ToolOutcome(listing(await timer.listed(conversation)))
            case "remove":
                removed = await timer.drop(conversation, arguments.text(fields, "id", required=True))
                return ToolOutcome("Removed." if removed else "There is no reminder with that id.")
        if len(await timer.listed(conversation)) >= REMINDERS_AT_MOST:
            raise ToolFailed(f"There are {REMINDERS_AT_MOST} reminders already; remove one first.")
        made = make(fields, context, clock.now(), zone)
        await timer.add(made)
        local = made.due.astimezone(open_zone(made.zone))
        return ToolOutcome(f"Set for {local:%A %Y-%m-%d %H:%M} {made.zone} (id {made.id}). Tell the person this time.")

    return Tool(SPEC, Effect.KEYED, free(run))


def make(fields: Mapping[str, object], context: ToolContext, now: datetime, zone: str) -> Reminder:
    """The reminder a call asks for. Its id is made from the call's key, so a repeated call sets one reminder."""
    name = arguments.text(fields, "zone") or zone
    try:
        local = open_zone(name)
    except UnknownZone as error:
        raise ToolFailed(f"{error}.") from error
    text, cron = arguments.text(fields, "text", required=True), arguments.text(fields, "cron")
    every = arguments.number(fields, "everyMinutes") or None  # some models fill in a 0 where they mean another one
    if every is not None:
        cron, due = f"@every {period(every)}m", first_of_many(fields, every, local, now)
    else:
        due = first_cron_time(cron, local, now) if cron else once(fields, local, now)
    target = Target(context.turn.conversation, context.turn.inbounds[-1].message_id)
    return Reminder(context.key.replace(":", "-"), target, context.person, text, due, cron, name)


def period(minutes: float) -> int:
    """The whole minutes between two firings. Raises `ToolFailed`."""
    least = SHORTEST_PERIOD.total_seconds() / 60
    if not minutes >= least or minutes * 60 >= FARTHEST.total_seconds() or minutes % 1:
        raise ToolFailed(f"'everyMinutes' must be a whole number from {least:.0f}, not {minutes:g}.")
    return int(minutes)


def first_of_many(fields: Mapping[str, object], every: float, local: ZoneInfo, now: datetime) -> datetime:
    """When a reminder that comes every so many minutes begins: as named, else when the first of them have passed."""
    named = arguments.number(fields, "inMinutes") or arguments.text(fields, "at")
    return once(fields, local, now) if named else now + timedelta(minutes=every)


def once(fields: Mapping[str, object], local: ZoneInfo, now: datetime) -> datetime:
    """The one time that was asked for, in UTC."""
    minutes, at = arguments.number(fields, "inMinutes"), arguments.text(fields, "at")
    if minutes is not None and (minutes or not at):  # some models fill in a 0 where they mean the other one
        if minutes <= 0:
            raise ToolFailed(f"'inMinutes' must be more than 0, not {minutes:g}.")
        if minutes * 60 >= FARTHEST.total_seconds():
            raise ToolFailed(f"{minutes:g} minutes are more than ten years.")
        return now + timedelta(minutes=minutes)
    if not at:
        raise ToolFailed("Say when: 'inMinutes', 'at', 'everyMinutes' or 'cron'.")
    try:
        due = datetime.fromisoformat(at)
        due = (due if due.tzinfo else due.replace(tzinfo=local)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the year 9999 may end elsewhere
        raise ToolFailed(f"{at!r} is not a time such as 2026-01-31T08:00.") from error
    if due <= now:
        raise ToolFailed(f"{at!r} is in the past: it is {now.astimezone(local):%Y-%m-%dT%H:%M} there.")
    if due - now >= FARTHEST:
        raise ToolFailed(f"{at!r} is more than ten years ahead.")
    return due


def first_cron_time(cron: str, local: ZoneInfo, now: datetime) -> datetime:
    """The first time of a repeating reminder, in UTC."""
    try:
        period, due = parse_cron(cron).shortest_period, next_cron_time(cron, local, now)
    except ValueError as error:
        raise ToolFailed(f"{cron!r:.80} is not a cron line of five fields: {error}.") from error
    if period < SHORTEST_PERIOD:
        raise ToolFailed(
            f"{cron!r} comes every {period.total_seconds() / 60:.0f} minutes; "
            f"{SHORTEST_PERIOD.total_seconds() / 60:.0f} minutes are the least between two."
        )
    if due is None:
        raise ToolFailed(f"{cron!r} never comes.")
    return due


def listing(reminders: tuple[Reminder, ...]) -> str:
    """The reminders as the model reads them."""
    lines = [
        f"{one.id}: {one.due.astimezone(open_zone(one.zone)):%Y-%m-%d %H:%M} {one.zone}"
        f"{f' (repeats: {one.cron})' if one.cron else ''}: {one.text}"
        for one in reminders
    ]
    return "\n".join(lines) or "There are no reminders."
