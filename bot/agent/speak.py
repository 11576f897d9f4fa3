"""SPEAK: when to answer aloud, and the voice note itself. A reply is never lost for want of a voice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from bot.agent.durable_writes import DurableBlobs, write_durably
from bot.agent.policy.budget import Budget, OverBudget
from bot.agent.speech_summary import SpeechSummarizer
from bot.core.errors import BadRequest, MediaError, ModelMissing, ProviderError
from bot.core.media import Sound, Speech
from bot.core.messages import Turn, Voice
from bot.core.ports.clock import Clock
from bot.core.ports.models import Synthesizer
from bot.core.ports.store import Blobs, Steps
from bot.core.spending import Capability, Spend
from bot.core.steps import Spoken, Step
from bot.media.audio import Note
from bot.media.speakable import Marked, speakable, tagged_speech

log = logging.getLogger(__name__)

SHORTEST_CHARACTERS = 10
LONGEST_CHARACTERS = 1_500


class VoiceMode(StrEnum):
    """When an answer is spoken."""

    OFF = "off"
    ALWAYS = "always"
    INBOUND = "inbound"  # only after a voice note
    TAGGED = "tagged"  # only when the model marks it


class VoiceChoice(StrEnum):
    """What a model may decide about how one answer is spoken."""

    TEXT = "text"  # other words than those that are written
    VOICE = "voice"
    MODEL = "model"
    SPEED = "speed"


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How answers are spoken. Longer ones than `longest_characters` are summed up by `summary_model`, or cut where
    that is "", fails or takes longer than `summary_seconds`. `choices` are left to the model that answers."""

    mode: VoiceMode = VoiceMode.OFF
    longest_characters: int = LONGEST_CHARACTERS
    summary_model: str = ""
    summary_seconds: float = 15.0
    choices: frozenset[VoiceChoice] = frozenset(VoiceChoice)


class VoiceMaker(Protocol):
    """Turns a provider's speech into a voice note."""

    async def voice_note(self, sound: Sound) -> Note:
        """Raises `MediaError`."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, and how; "" and None mean: as usual."""

    text: str
    voice: str = ""
    model: str = ""
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What is written, and what is said (None when nothing is)."""

    written: str
    said: Said | None = None


def word(
    answer: str,
    mode: VoiceMode,
    *,
    spoken_to: bool,
    has_media: bool,
    choices: frozenset[VoiceChoice] = frozenset(VoiceChoice),
) -> Wording:
    """Splits an answer into what is written and what is said, by the mode.

    Short answers, answers that are mostly code and answers that carry media stay silent, except when
    the model asked for a voice itself."""
    marked = tagged_speech(answer)
    if mode is VoiceMode.OFF:
        return Wording(marked.shown)
    if marked.spoken is not None:
        spoken = marked.shown if marked.apart and VoiceChoice.TEXT not in choices else marked.spoken
        return Wording(marked.shown or marked.spoken, _said(spoken, marked, choices))
    wanted = mode is VoiceMode.ALWAYS or (mode is VoiceMode.INBOUND and spoken_to)
    if not wanted or has_media or len(marked.shown.strip()) < SHORTEST_CHARACTERS:
        return Wording(marked.shown)
    return Wording(marked.shown, _said(marked.shown, marked, choices))


def _said(markdown: str, marked: Marked, choices: frozenset[VoiceChoice]) -> Said | None:
    text = speakable(markdown)
    if not text:
        return None
    return Said(
        text,
        voice=marked.voice if VoiceChoice.VOICE in choices else "",
        model=marked.model if VoiceChoice.MODEL in choices else "",
        speed=marked.speed if VoiceChoice.SPEED in choices else None,
    )


class Speaker:
    """Makes the voice note of an answer, once per turn."""

    def __init__(
        self,
        *,
        synthesizer: Synthesizer | None,
        voices: VoiceMaker,
        shortener: SpeechSummarizer,
        steps: Steps,
        blobs: Blobs,
        clock: Clock,
        budget: Budget,
        longest: int = LONGEST_CHARACTERS,
        unpriced: Callable[[], None] = lambda: None,
    ) -> None:
        """`unpriced` hears of every speech whose price has to be asked for."""
        self._synthesizer, self._voices, self._budget = synthesizer, voices, budget
        self._shortener, self._longest, self._unpriced = shortener, longest, unpriced
        self._steps, self._blobs, self._clock = steps, DurableBlobs(blobs, clock), clock

    async def speak(self, turn: Turn, said: Said | None, done: dict[str, Step]) -> Voice | None:
        """A voice note, or None when there is nothing to say or no voice to be had."""
        if said is None or self._synthesizer is None:
            return None
        saved = done.get("voice")
        if saved is not None and isinstance(saved.result, Spoken):
            return saved.result.voice
        said = replace(said, text=await self._shortener.short(turn, said.text, self._longest, done))
        try:
            async with self._budget.spending(turn.person, Capability.SPEECH):
                return await self._spoken(self._synthesizer, turn, said)
        except OverBudget:
            return None  # the words go out alone

    async def _spoken(self, synthesizer: Synthesizer, turn: Turn, said: Said) -> Voice | None:
        spend: list[Spend] = []
        await write_durably(lambda: self._steps.begin_step(turn, "voice"), self._clock)
        try:
            voice = await self._voice(synthesizer, turn, said, spend)
        except (ProviderError, MediaError) as error:
            log.warning("voice.failed", extra={"turn": turn.id, "why": str(error)})
            voice = None
        await write_durably(lambda: self._steps.finish_step(turn, Step("voice", Spoken(voice)), spend), self._clock)
        if any(paid.cost_microusd is None and paid.generation_id for paid in spend):
            self._unpriced()
        return voice

    async def _voice(self, synthesizer: Synthesizer, turn: Turn, said: Said, spend: list[Spend]) -> Voice:
        speech = await _speech(synthesizer, said, turn.session.voice)
        spend.append(
            Spend(
                turn.person, Capability.SPEECH, speech.model, speech.cost_microusd, generation_id=speech.generation_id
            )
        )
        note = await self._voices.voice_note(speech.sound)
        blob = await self._blobs.put(note.data, "audio/ogg")
        return Voice(blob, note.seconds, note.waveform, said.text)


async def _speech(synthesizer: Synthesizer, said: Said, voice: str) -> Speech:
    """The words as sound. A voice, model or speed that the answer asked for and nobody has is as if it had not."""
    try:
        return await synthesizer.speak(said.text, voice=said.voice or voice, model=said.model, speed=said.speed)
    except (BadRequest, ModelMissing) as error:
        if said == Said(said.text):
            raise
        log.info("voice.as_usual", extra={"why": str(error)})
        return await synthesizer.speak(said.text, voice=voice)
