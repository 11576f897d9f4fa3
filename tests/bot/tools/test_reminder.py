"""The tool that sets, lists and removes reminders: what a call means, and what the model is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.core.jobs import Reminder
from bot.core.messages import Conversation, Target
from bot.tools.reminder import REMINDERS_AT_MOST, reminder
from bot.tools.tool import Effect, Tool, ToolFailed
from tests.bot.tools.calling import context
from tests.fakes.channel import conversation
from tests.fakes.clock import FakeClock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)  # a Thursday; 13:00 in Berlin


class Kept:
    """Reminders in memory."""

    def __init__(self) -> None:
        self.all: list[Reminder] = []

    async def add(self, reminder: Reminder) -> None:
        self.all.append(reminder)

    async def drop(self, conversation: Conversation, reminder_id: str) -> bool:
        gone = [one for one in self.all if (one.target.conversation, one.id) == (conversation, reminder_id)]
        self.all = [one for one in self.all if one not in gone]
        return bool(gone)

    async def listed(self, conversation: Conversation) -> tuple[Reminder, ...]:
        return tuple(one for one in self.all if one.target.conversation == conversation)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tool(kept: Kept, clock: FakeClock) -> Tool:
    return reminder(kept, clock, "Europe/Berlin")


async def told(tool: Tool, **given: object) -> str:
    return (await tool.run(given, context())).value.text


@pytest.mark.parametrize(
    ("when", "due"),
    [
        ({"inMinutes": 1.5}, NOON + timedelta(seconds=90)),
        ({"inMinutes": 0.01}, NOON + timedelta(seconds=0.6)),
        ({"inMinutes": 60 * 24 * 3659}, NOON + timedelta(days=3659)),
        ({"inMinutes": 60, "at": "2027-01-01T00:00"}, NOON + timedelta(hours=1)),
        ({"inMinutes": "5"}, NOON + timedelta(minutes=5)),
        ({"inMinutes": 0, "at": "2026-01-02T08:00"}, datetime(2026, 1, 2, 7, tzinfo=UTC)),
        ({"at": "2026-01-02T08:00"}, datetime(2026, 1, 2, 7, tzinfo=UTC)),
        ({"at": "2026-07-02T08:00"}, datetime(2026, 7, 2, 6, tzinfo=UTC)),
        ({"at": "2026-01-02T08:00", "zone": "Asia/Tokyo"}, datetime(2026, 1, 1, 23, tzinfo=UTC)),
        ({"at": "2026-01-02T08:00Z", "zone": "Asia/Tokyo"}, datetime(2026, 1, 2, 8, tzinfo=UTC)),
        ({"at": "2026-01-02T08:00+05:30"}, datetime(2026, 1, 2, 2, 30, tzinfo=UTC)),
        ({"cron": "30 7 * * mon-fri"}, datetime(2026, 1, 2, 6, 30, tzinfo=UTC)),
        ({"cron": "30 7 * * 6", "zone": "UTC"}, datetime(2026, 1, 3, 7, 30, tzinfo=UTC)),
    ],
)
async def test_the_time_is_what_the_person_means(
    tool: Tool, kept: Kept, when: dict[str, object], due: datetime
) -> None:
    await told(tool, text="tea", **when)

    assert [(one.text, one.due, one.cron) for one in kept.all] == [("tea", due, when.get("cron", ""))]
    assert kept.all[0].due.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("when", "first"),
    [
        ({"everyMinutes": 45}, 45),
        ({"everyMinutes": "45", "inMinutes": 10}, 10),
        ({"everyMinutes": 45, "at": "2026-01-01T13:20"}, 20),
        ({"everyMinutes": 45, "inMinutes": 0, "cron": ""}, 45),
    ],
)
async def test_every_so_many_minutes_begins_as_named_or_after_the_first_of_them(
    tool: Tool, kept: Kept, when: dict[str, object], first: int
) -> None:
    await told(tool, text="stretch", **when)

    assert [(one.due, one.cron) for one in kept.all] == [(NOON + timedelta(minutes=first), "@every 45m")]
    assert "(repeats: @every 45m)" in await told(tool, action="list")


async def test_a_reminder_belongs_to_who_asked_and_answers_what_they_wrote(tool: Tool, kept: Kept) -> None:
    asked = context()
    last = replace(asked.turn.inbounds[-1], message_id="m1")
    asked = replace(asked, turn=replace(asked.turn, inbounds=(*asked.turn.inbounds, last)))
    await tool.run({"text": " tea ", "inMinutes": 5}, asked)

    only = kept.all[0]
    assert (only.id, only.person, only.text, only.zone) == ("turn-1-call-1", "fake:7", "tea", "Europe/Berlin")
    assert only.target == Target(conversation("1"), "m1")
    assert tool.spec.name == "reminder"
    assert tool.effect is Effect.KEYED  # the id comes from the call, so that repeating it sets one reminder


async def test_the_model_is_told_the_time_as_the_person_reads_it(tool: Tool) -> None:
    said = await told(tool, text="tea", at="2026-07-02T08:00")

    assert said.startswith("Set for Thursday 2026-07-02 08:00 Europe/Berlin (id turn-1-call-1).")


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"inMinutes": 5}, "'text' is required."),
        ({"text": "tea"}, "Say when: 'inMinutes', 'at', 'everyMinutes' or 'cron'."),
        ({"text": "tea", "inMinutes": 0}, "'inMinutes' must be more than 0, not 0."),
        ({"text": "tea", "inMinutes": "-5"}, "'inMinutes' must be more than 0, not -5."),
        ({"text": "tea", "inMinutes": True}, "'inMinutes' must be a number, not True."),
        ({"text": "tea", "inMinutes": [5]}, "'inMinutes' must be a number, not [5]."),
        ({"text": "tea", "inMinutes": "5 minutes"}, "'inMinutes' must be a number, not '5 minutes'."),
        ({"text": "tea", "inMinutes": float("nan")}, "'inMinutes' must be a number, not nan."),
        ({"text": "tea", "inMinutes": 10**400}, "'inMinutes' must be a number, not 1000"),
        ({"text": "tea", "inMinutes": float("inf")}, "inf minutes are more than ten years."),
        ({"text": "tea", "inMinutes": 60 * 24 * 3660}, "5.2704e+06 minutes are more than ten years."),
        ({"text": "tea", "cron": "* * * * *"}, "'* * * * *' comes every 1 minutes; 5 minutes are the least"),
        ({"text": "tea", "inMinutes": 5, "zone": "America"}, "'America' is not a time zone"),
        ({"text": "tea", "inMinutes": 5, "zone": "A\0B"}, "'A\\x00B' is not a time zone"),
        ({"text": "tea", "inMinutes": 5, "zone": "A" * 300}, "'AAA"),
        ({"text": "tea", "everyMinutes": 4}, "'everyMinutes' must be a whole number from 5, not 4."),
        ({"text": "tea", "everyMinutes": 7.5}, "'everyMinutes' must be a whole number from 5, not 7.5."),
        ({"text": "tea", "everyMinutes": -45}, "'everyMinutes' must be a whole number from 5, not -45."),
        ({"text": "tea", "everyMinutes": "1e400"}, "'everyMinutes' must be a whole number from 5, not inf."),
        ({"text": "tea", "everyMinutes": "often"}, "'everyMinutes' must be a number, not 'often'."),
        ({"text": "tea", "at": "tomorrow"}, "'tomorrow' is not a time such as"),
        ({"text": "tea", "at": "2026-01-01T13:00"}, "'2026-01-01T13:00' is in the past: it is 2026-01-01T13:00 there."),
        ({"text": "tea", "at": "9999-12-31T23:59", "zone": "America/New_York"}, "'9999-12-31T23:59' is not a time"),
        ({"text": "tea", "at": "0001-01-01T00:00"}, "'0001-01-01T00:00' is not a time"),
        ({"text": "tea", "at": "9999-12-31T23:59Z", "zone": "Asia/Tokyo"}, "'9999-12-31T23:59Z' is more than ten"),
        ({"text": "tea", "cron": "every day"}, "'every day' is not a cron line of five fields"),
        ({"text": "tea", "cron": "0 0 31 2 *"}, "'0 0 31 2 *' never comes."),
        ({"text": "tea", "inMinutes": 5, "zone": "Berlin"}, "'Berlin' is not a time zone"),
        ({"text": "tea", "inMinutes": 5, "zone": "../etc"}, "'../etc' is not a time zone"),
        ({"action": "snooze"}, "'action' must be one of set, list, remove, not 'snooze'."),
        ({"action": "remove"}, "'id' is required."),
    ],
)
async def test_what_makes_no_sense_is_told_and_sets_nothing(
    tool: Tool, kept: Kept, given: dict[str, object], wrong: str
) -> None:
    with pytest.raises(ToolFailed) as failed:
        await told(tool, **given)

    assert str(failed.value).startswith(wrong)
    assert kept.all == []


async def test_what_is_listed_can_be_removed_and_only_here(tool: Tool, kept: Kept) -> None:
    empty = await told(tool, action="list")
    await told(tool, text="tea", cron="0 8 * * *")
    kept.all.append(Reminder("other", Target(conversation("2")), "fake:8", "coffee", NOON))
    kept.all.append(Reminder("once", Target(conversation("1")), "fake:7", "milk", NOON, zone="Asia/Tokyo"))

    assert empty == "There are no reminders."
    assert (await told(tool, action="list")).split("\n") == [
        "turn-1-call-1: 2026-01-02 08:00 Europe/Berlin (repeats: 0 8 * * *): tea",
        "once: 2026-01-01 21:00 Asia/Tokyo: milk",
    ]
    assert await told(tool, action="remove", id="other") == "There is no reminder with that id."
    assert await told(tool, action="remove", id="turn-1-call-1") == "Removed."
    assert [one.text for one in kept.all] == ["coffee", "milk"]


async def test_a_chat_holds_fifty_reminders_and_another_chat_counts_for_itself(tool: Tool, kept: Kept) -> None:
    def some(number: int) -> Reminder:
        return Reminder(str(number), Target(conversation("1")), "fake:7", "tea", NOON)

    kept.all = [some(number) for number in range(REMINDERS_AT_MOST - 1)]
    kept.all += [Reminder(f"x{number}", Target(conversation("2")), "fake:8", "tea", NOON) for number in range(9)]
    await told(tool, text="the last", inMinutes=5)

    with pytest.raises(ToolFailed, match="There are 50 reminders already; remove one first"):
        await told(tool, text="one too many", inMinutes=5)
