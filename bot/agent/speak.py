"""SPEAK, speech synthesis of answers: when to answer aloud, and the voice note. A failed voice costs no reply."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from bot.agent.attempt import Attempt
from bot.agent.durable_writes import DurableBlobs
from bot.agent.paid_steps import PaidSteps
from bot.agent.policy.budget import OverBudget
from bot.agent.speech_summary import SpeechSummarizer
from bot.core.errors import BadRequest, MediaError, ModelMissing, ProviderError
from bot.core.media import Sound, Speech
from bot.core.messages import Turn, Voice
from bot.core.paid import Paid
from bot.core.ports.models import Synthesizer
from bot.core.spending import Capability, Spend
from bot.core.steps import Spoken
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
class SpokenWords:
    """The words to synthesize, and how; "" and None mean: as usual."""

    text: str
    voice: str = ""
    model: str = ""
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """The text to show, and the words to speak (None for a silent answer)."""

    written: str
    spoken: SpokenWords | None = None


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
        return Wording(marked.shown or marked.spoken, _spoken_words(spoken, marked, choices))
    wanted = mode is VoiceMode.ALWAYS or (mode is VoiceMode.INBOUND and spoken_to)
    if not wanted or has_media or len(marked.shown.strip()) < SHORTEST_CHARACTERS:
        return Wording(marked.shown)
    return Wording(marked.shown, _spoken_words(marked.shown, marked, choices))


def _spoken_words(markdown: str, marked: Marked, choices: frozenset[VoiceChoice]) -> SpokenWords | None:
    text = speakable(markdown)
    if not text:
        return None
    return SpokenWords(
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
        paid: PaidSteps,
        blobs: DurableBlobs,
        synthesizer: Synthesizer | None,
        voices: VoiceMaker,
        summarizer: SpeechSummarizer,
        unpriced: Callable[[], None] = lambda: None,
    ) -> None:
        """`unpriced` is called after every speech whose price has to be asked for."""
        self._paid, self._blobs, self._synthesizer, self._voices = paid, blobs, synthesizer, voices
        self._summarizer, self._unpriced = summarizer, unpriced

    async def speak(self, attempt: Attempt, words: SpokenWords | None) -> Voice | None:
        """A voice note; None when there is nothing to say, no synthesizer, or no voice to be had."""
        if words is None or self._synthesizer is None:
            return None
        saved = self._paid.saved(attempt, "voice", Spoken)
        if saved is not None:
            return saved.voice
        words = replace(words, text=await self._summarizer.short(attempt, words.text))
        try:
            async with self._paid.spending(attempt.turn, Capability.SPEECH):
                return await self._spoken(self._synthesizer, attempt.turn, words)
        except OverBudget:
            return None  # the words go out alone

    async def _spoken(self, synthesizer: Synthesizer, turn: Turn, words: SpokenWords) -> Voice | None:
        await self._paid.begin(turn, "voice")
        spend: tuple[Spend, ...] = ()
        voice = None
        try:
            speech = await _speech(synthesizer, words, turn.session.voice)
            spend = (spend_on(turn, speech),)
            voice = await self._voice(speech, words)
        except (ProviderError, MediaError) as error:
            log.warning("voice.failed", extra={"turn": turn.id, "why": str(error)})
        await self._paid.finish(turn, "voice", Paid(Spoken(voice), spend))
        if any(call.cost_microusd is None and call.generation_id for call in spend):
            self._unpriced()
        return voice

    async def _voice(self, speech: Speech, words: SpokenWords) -> Voice:
        note = await self._voices.voice_note(speech.sound)
        blob = await self._blobs.put(note.data, "audio/ogg")
        return Voice(blob, note.seconds, note.waveform, words.text)


def spend_on(turn: Turn, speech: Speech) -> Spend:
    """What a speech cost; None as long as the provider names no price."""
    return Spend(turn.person, Capability.SPEECH, speech.model, speech.cost_microusd, generation_id=speech.generation_id)


async def _speech(synthesizer: Synthesizer, words: SpokenWords, voice: str) -> Speech:
    """The words as sound. A voice, model or speed that the answer asked for and that the provider lacks is left out."""
    try:
        return await synthesizer.speak(words.text, voice=words.voice or voice, model=words.model, speed=words.speed)
    except (BadRequest, ModelMissing) as error:
        if words == SpokenWords(words.text):
            raise
        log.info("voice.as_usual", extra={"why": str(error)})
        return await synthesizer.speak(words.text, voice=voice)
