"""Small values for tests of the store and of what stands on it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.core.arrivals import Arrivals
from bot.core.chat import Assistant, FinishReason, Usage, User
from bot.core.jobs import Job, JobState, Reminder
from bot.core.media import VideoRequest
from bot.core.messages import Conversation, Inbound, Origin, Person, Target, Text
from bot.core.people import PairingRequest
from bot.core.spending import Capability, Spend
from bot.core.steps import Answered, Outcome

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HERE = Conversation("web", "home")
THERE = Conversation("telegram", "-100", "7")
ANN = Person("7", "Ann")


def inbound(
    event: str, conversation: Conversation = HERE, *, group: str = "", origin: Origin = Origin.PERSON
) -> Inbound:
    return Inbound(event, conversation, ANN, NOON, f"say {event}", message_id=event, group=group, origin=origin)


def arrivals(*events: str, conversation: Conversation = HERE, group: str = "") -> Arrivals:
    return Arrivals("test", tuple(inbound(event, conversation, group=group) for event in events))


def outcome(*said: str) -> Outcome:
    return Outcome((User("question"), *(Assistant(text) for text in said)), tuple(Text(text) for text in said))


def answered(text: str) -> Answered:
    return Answered(Assistant(text), Usage(), FinishReason.STOP, "openrouter/auto")


def spend(microusd: int | None, *, person: str = "web:7", generation: str = "") -> Spend:
    return Spend(person, Capability.CHAT, "openrouter/auto", microusd, generation_id=generation)


def job(number: str, prompt: str = "a red kite", state: JobState = JobState.INTENT) -> Job:
    return Job(number, Target(HERE, "m1"), "web:7", VideoRequest(prompt), state, NOON)


def reminder(number: str, minutes: float = 1, *, cron: str = "") -> Reminder:
    return Reminder(number, Target(HERE), "web:7", "tea", NOON + timedelta(minutes=minutes), cron)


def asks(
    person: str, *, code: str = "", channel: str = "telegram", expires: datetime = NOON + timedelta(hours=1)
) -> PairingRequest:
    return PairingRequest(code or f"hash of {person}", channel, person, "Somebody", "42", expires)
