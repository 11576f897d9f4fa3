"""One turn on one screen: listen, think, speak, finish; and the one door for everything that can go wrong."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from functools import partial

from bot.agent.attempt import Attempt, Thinking
from bot.agent.commands.command import Commands
from bot.agent.draft import Draft
from bot.agent.durable_writes import write_durably
from bot.agent.endings import announcement, apology, silence, stopped_outcome
from bot.agent.fit import Shrinker, fit_for
from bot.agent.history.context import Memory
from bot.agent.indicator import Indicator, indicator
from bot.agent.listen import Listener
from bot.agent.owners import Owners, owners_sentence
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.access import AccessRules, meant_for_me, mentions
from bot.agent.prompt import SPOKEN, TAGGED, Character, Understood, system
from bot.agent.speak import Speaker, VoiceMode, VoiceSettings, word
from bot.agent.think import Question, Thinker, done_before
from bot.core.chat import ChatMessage, ChatRequest, System, User
from bot.core.errors import VoxlineError
from bot.core.log_events import TURN_APOLOGISED, TURN_DEAD, TURN_DONE, TURN_FAILED, TURN_RELEASED
from bot.core.messages import Doing, Inbound, Origin, Part, Target, Text, Turn
from bot.core.ports.channel import Channel
from bot.core.ports.store import Inbox, Outbox
from bot.core.steps import Outcome, Step
from bot.core.trace import working_for

log = logging.getLogger(__name__)

ATTEMPTS_AT_MOST = 3
CRASHED = "I could not finish this one, even after trying again (ref {ref}). Please put it another way, or use /new."
FAILED = "Something failed on my side (ref {ref}). Try again, or start over with /new."
TOO_LATE = "I did not run /{name}: it is {age} old. Say it again if you still want it."
DEAD = "I gave up on a message in {conversation} after {attempts} tries (ref {ref}; the log says why)."


@dataclass(frozen=True, slots=True)
class TurnStore:
    """The slices of the store that a turn needs."""

    inbox: Inbox
    outbox: Outbox


@dataclass(frozen=True, slots=True)
class Verbs:
    """The parts that do the work of a turn."""

    listener: Listener
    memory: Memory
    thinker: Thinker
    speaker: Speaker
    commands: Commands
    shrinker: Shrinker


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """What the operator decided about every turn: the model that answers where none was chosen, when to speak, who
    the agent is, the rules of each channel, and the zone whose time the model reads."""

    model: str
    voice: VoiceSettings
    character: Character = field(default_factory=Character)
    doors: Mapping[str, AccessRules] = field(default_factory=dict)
    zone: tzinfo = UTC


class TurnRunner:
    """Runs claimed turns. Every way out of `run` leaves exactly one outcome, or a turn that runs again."""

    def __init__(
        self,
        *,
        store: TurnStore,
        verbs: Verbs,
        channels: Mapping[str, Channel],
        paid: PaidSteps,
        settings: TurnSettings,
        owners: Owners,
    ) -> None:
        self._store, self._verbs, self._channels, self._paid = store, verbs, channels, paid
        self._settings, self._owners, self._clock = settings, owners, paid.clock

    async def run(self, turn: Turn, stopped: Callable[[], bool]) -> None:
        """Runs the turn to its outcome. When it is cancelled, `stopped()` is True for a /stop, False for a shutdown."""
        with working_for(turn.id):
            log.info(
                "turn.begun",
                extra={"attempt": turn.attempt, "events": " ".join(inbound.id for inbound in turn.inbounds)},
            )
            await self._run(turn, stopped)

    async def _run(self, turn: Turn, stopped: Callable[[], bool]) -> None:
        channel = self._channels.get(turn.conversation.channel)
        if channel is None:  # it went down between the claim and now: the turn waits until it is back
            await self._store.inbox.release(turn)
            return
        draft = Draft(channel, turn.target, f"{turn.id}:0", self._store.outbox, self._clock)
        thinking = Thinking()
        started = self._clock.monotonic()
        try:
            async with indicator(channel, turn.target, self._clock, Doing.TYPING) as shown:
                outcome = await self._outcome(Attempt(turn, thinking=thinking, show=draft.push), channel, draft, shown)
            ending = "dead" if outcome.dead else "done"
        except asyncio.CancelledError:
            if not stopped():
                await asyncio.shield(self._let_go(turn, draft))
                raise
            ending, outcome = "stopped", stopped_outcome(thinking)
        except VoxlineError as error:
            log.warning(TURN_APOLOGISED, extra={"turn": turn.id, "why": str(error)})
            ending, outcome = "apologised", apology(thinking, await self._reported(turn, error))
        except Exception:  # the door of a turn: the person hears of it, the operator finds it by its reference
            ref = secrets.token_hex(2).upper()
            log.exception(TURN_FAILED, extra={"turn": turn.id, "ref": ref})
            ending, outcome = "failed", apology(thinking, FAILED.format(ref=ref))
        try:
            await carried_through(self._finish(turn, channel, draft, outcome), stopped)
        except Exception:  # an outcome that cannot be written down: the person hears of it instead
            ref = secrets.token_hex(2).upper()
            log.exception("turn.unfinished", extra={"turn": turn.id, "ref": ref})
            ending, outcome = "failed", apology(thinking, FAILED.format(ref=ref))
            await carried_through(self._finish(turn, channel, draft, outcome), stopped)
        seconds = round(self._clock.monotonic() - started, 3)
        ended = {"turn": turn.id, "outcome": ending, "seconds": seconds, "parts": len(outcome.reply)}
        log.info(TURN_DONE, extra=ended)

    async def _reported(self, turn: Turn, error: VoxlineError) -> str:
        """The sentence for the person; owners are alerted where only they can help. An owner who asked in private
        reads the owners' sentence, once, instead of an apology and an alert."""
        last = turn.inbounds[-1]
        door = self._settings.doors.get(turn.conversation.channel, AccessRules())
        is_owner = last.private and last.sender.id in door.owners
        await self._owners.alert_about(error, elsewhere_than=turn.conversation if is_owner else None)
        return owners_sentence(error) or error.tell if is_owner else error.tell

    async def _let_go(self, turn: Turn, draft: Draft) -> None:
        await draft.close()
        await self._store.inbox.release(turn)
        log.info(TURN_RELEASED, extra={"turn": turn.id})

    async def _finish(self, turn: Turn, channel: Channel, draft: Draft, outcome: Outcome) -> None:
        await draft.close()
        limits = channel.limits_in(turn.conversation)
        outcome = replace(outcome, reply=await fit_for(limits, outcome.reply, self._verbs.shrinker))
        if not await write_durably(lambda: self._store.inbox.finish(turn, outcome), self._clock):
            log.warning("turn.outrun", extra={"turn": turn.id})  # the fence has moved on: another run has its outcome
        for key, note in await self._paid.budget.notes(turn.person):
            await write_durably(partial(self._store.outbox.post, key, Target(turn.conversation), (note,)), self._clock)

    async def _outcome(self, attempt: Attempt, channel: Channel, draft: Draft, shown: Indicator) -> Outcome:
        turn = attempt.turn
        if turn.attempt > ATTEMPTS_AT_MOST:
            return await self._given_up(attempt)
        last = turn.inbounds[-1]
        if last.origin is not Origin.PERSON:
            return announcement(turn)
        if not turn.fresh:
            attempt = replace(attempt, done=await self._begun(turn, draft))
        understood = await self._verbs.listener.listen(attempt, channel)
        if not self._addressed(turn, understood, channel):
            return Outcome((), ())
        command = self._verbs.commands.find(own_words(last, understood))
        if command is not None and last.stale(self._clock.now()):
            return Outcome((), (Text(TOO_LATE.format(name=command.name, age=age(self._clock.now() - last.sent_at))),))
        if command is not None:
            return Outcome((), await self._verbs.commands.run(command, turn, understood))
        if understood.empty:
            return Outcome((), (Text("\n".join(understood.troubles) or "I received nothing that I can read."),))
        return await self._converse(attempt, understood, draft, shown)

    async def _given_up(self, attempt: Attempt) -> Outcome:
        """The end of a turn that killed the process too often: an apology, and an alert to the owners."""
        turn, ref = attempt.turn, secrets.token_hex(2).upper()
        log.error(TURN_DEAD, extra={"turn": turn.id, "attempt": turn.attempt, "ref": ref})
        await self._owners.alert(
            f"dead:{turn.id}", DEAD.format(conversation=turn.conversation, attempts=ATTEMPTS_AT_MOST, ref=ref)
        )
        thinking = done_before(turn, await self._paid.of(turn))
        return replace(apology(thinking, CRASHED.format(ref=ref)), dead=True)

    def _addressed(self, turn: Turn, understood: Understood, channel: Channel) -> bool:
        """Whether a message in a room is for us: a voice note may say so only in speech."""
        door = self._settings.doors.get(channel.name, AccessRules())
        return any(meant_for_me(door, inbound) for inbound in turn.inbounds) or mentions(
            understood.text, (*channel.names, self._settings.character.name)
        )

    async def _begun(self, turn: Turn, draft: Draft) -> Mapping[str, Step]:
        """What an earlier attempt of the turn finished, and the preview that it began."""
        done, _ = await asyncio.gather(self._paid.of(turn), draft.resume())
        return done

    async def _converse(self, attempt: Attempt, understood: Understood, draft: Draft, shown: Indicator) -> Outcome:
        turn, thinking = attempt.turn, attempt.thinking
        mode = VoiceMode(turn.session.voice_mode or self._settings.voice.mode)
        thinking.added.append(User(understood.asked, understood.pictures))
        model = turn.session.model or self._settings.model
        recalled = await self._verbs.memory.recall(turn, model)
        attempt = replace(attempt, show=lambda text: draft.push(with_troubles(text, understood)))
        question = self._question(turn, model, self._instructions(turn, mode, understood), recalled.messages)
        await self._verbs.thinker.think(attempt, question, understood.originals)
        recalled.tidy()
        if not thinking.text and not thinking.parts:
            return silence(thinking)
        wording = word(
            thinking.text,
            mode,
            spoken_to=understood.spoken,
            has_media=bool(thinking.parts),
            choices=self._settings.voice.choices,
        )
        written = with_troubles(wording.written, understood)
        if wording.spoken is not None:
            draft.push(written)  # the words are there at once, whatever becomes of the voice
            shown.doing = Doing.RECORDING
        voice = await self._verbs.speaker.speak(attempt, wording.spoken)
        parts: list[Part] = [Text(written)] if written.strip() else []
        return Outcome(tuple(thinking.added), (*parts, *([voice] if voice else []), *thinking.parts))

    def _question(self, turn: Turn, model: str, instructions: System, past: tuple[ChatMessage, ...]) -> Question:
        async def shorter() -> tuple[ChatMessage, ...] | None:
            less = await self._verbs.memory.shorten(turn, model)
            return None if less is None else (instructions, *less)

        request = ChatRequest(
            model,
            (instructions, *past),
            thinking=turn.session.thinking,
            person=turn.person,
            session=f"{turn.conversation}:{turn.session.since}",
        )
        return Question(request, shorter)

    def _instructions(self, turn: Turn, mode: VoiceMode, understood: Understood) -> System:
        aloud = mode is VoiceMode.ALWAYS or (mode is VoiceMode.INBOUND and understood.spoken)
        manner = SPOKEN if aloud else TAGGED if mode is VoiceMode.TAGGED else ""
        door = self._settings.doors.get(turn.conversation.channel)
        room = None if door is None or turn.inbounds[-1].private else door.room(turn.inbounds[-1])
        return system(
            turn.conversation.channel,
            self._clock.now().astimezone(self._settings.zone),
            sent_at=turn.inbounds[-1].sent_at,
            manner=manner,
            character=self._settings.character,
            room=room.prompt if room else "",
        )


async def carried_through(work: Coroutine[None, None, None], stopped: Callable[[], bool]) -> None:
    """Ends `work` although a person says /stop: it comes too late. A shutdown cuts it off."""
    task = asyncio.ensure_future(work)
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done() or not stopped():
                task.cancel()
                await asyncio.wait({task})
                raise


def age(past: timedelta) -> str:
    """How long ago, in a person's words."""
    minutes = int(past.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def own_words(last: Inbound, understood: Understood) -> str:
    """What a command is looked for in: neither what the person replied to, nor what they forward."""
    return "" if last.forwarded else last.text or understood.text


def with_troubles(text: str, understood: Understood) -> str:
    """An answer, preceded by what was heard (where that is shown) and by what could not be used."""
    return "\n\n".join(part for part in (understood.echo, "\n".join(understood.troubles), text) if part)
