"""SPEAK: when to answer aloud, and the voice note itself. A reply is never lost for want of a voice."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.agent.budget import Budget, OverBudget
from bot.agent.insist import PatientShelf, insist
from bot.core.errors import MediaError, ProviderError
from bot.core.messages import Turn, Voice
from bot.core.ports import Blobs, Clock, Steps, Synthesizer
from bot.core.work import Capability, Sound, Spend, Spoken, Step
from bot.media.audio import Note
from bot.media.speakable import speakable, tagged_speech

log = logging.getLogger(__name__)

SHORTEST_CHARACTERS = 10


class VoiceMode(StrEnum):
    """When an answer is spoken."""

    OFF = "off"
    ALWAYS = "always"
    INBOUND = "inbound"  # only after a voice note
    TAGGED = "tagged"  # only when the model marks it


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How answers are spoken. `longest_characters` is where a long answer is cut for speech."""

    mode: VoiceMode = VoiceMode.OFF
    longest_characters: int = 1_500


class VoiceMaker(Protocol):
    """Turns a provider's speech into a voice note."""

    async def voice_note(self, sound: Sound) -> Note:
        """Raises `MediaError`."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What is written, and what is said ("" when nothing is)."""

    written: str
    said: str


def word(answer: str, mode: VoiceMode, *, spoken_to: bool, has_media: bool, longest: int) -> Wording:
    """Splits an answer into what is written and what is said, by the mode.

    Short answers, answers that are mostly code and answers that carry media stay silent, except when
    the model asked for a voice itself."""
    written, tagged = tagged_speech(answer)
    if mode is VoiceMode.OFF:
        return Wording(written, "")
    if tagged is not None:
        return Wording(written or tagged, shorten(speakable(tagged), longest))
    wanted = mode is VoiceMode.ALWAYS or (mode is VoiceMode.INBOUND and spoken_to)
    if not wanted or has_media or len(written.strip()) < SHORTEST_CHARACTERS:
        return Wording(written, "")
    return Wording(written, shorten(speakable(written), longest))


def shorten(text: str, longest: int) -> str:
    """`text`, cut after the last sentence (or word) that fits, with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    for end in (". ", "! ", "? ", " "):
        if (cut := head.rfind(end)) > longest // 2:
            return f"{head[: cut + 1].rstrip()}…"
    return f"{head}…"


class Speaker:
    """Makes the voice note of an answer, once per turn."""

    def __init__(
        self,
        *,
        synthesizer: Synthesizer | None,
        voices: VoiceMaker,
        steps: Steps,
        blobs: Blobs,
        clock: Clock,
        budget: Budget,
    ) -> None:
        self._synthesizer, self._voices, self._budget = synthesizer, voices, budget
        self._steps, self._blobs, self._clock = steps, PatientShelf(blobs, clock), clock

    async def speak(self, turn: Turn, text: str, done: dict[str, Step]) -> Voice | None:
        """`text` as a voice note, or None when there is nothing to say or no voice to be had."""
        if not text or self._synthesizer is None:
            return None
        saved = done.get("voice")
        if saved is not None and isinstance(saved.result, Spoken):
            return saved.result.voice
        try:
            async with self._budget.spending(turn.person, Capability.SPEECH):
                return await self._spoken(self._synthesizer, turn, text)
        except OverBudget:
            return None  # the words go out alone

    async def _spoken(self, synthesizer: Synthesizer, turn: Turn, text: str) -> Voice | None:
        spend: list[Spend] = []
        await insist(lambda: self._steps.begin_step(turn, "voice"), self._clock)
        try:
            voice = await self._voice(synthesizer, turn, text, spend)
        except (ProviderError, MediaError) as error:
            log.warning("voice.failed", extra={"turn": turn.id, "why": str(error)})
            voice = None
        await insist(lambda: self._steps.finish_step(turn, Step("voice", Spoken(voice)), spend), self._clock)
        return voice

    async def _voice(self, synthesizer: Synthesizer, turn: Turn, text: str, spend: list[Spend]) -> Voice:
        speech = await synthesizer.speak(text, voice=turn.session.voice)
        spend.append(
            Spend(
                turn.person, Capability.SPEECH, speech.model, speech.cost_microusd, generation_id=speech.generation_id
            )
        )
        note = await self._voices.voice_note(speech.sound)
        blob = await self._blobs.put(note.data, "audio/ogg")
        return Voice(blob, note.seconds, note.waveform, text)
