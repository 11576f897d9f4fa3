"""Stories of recordings: which are listened to, and what becomes of the turn when one is not."""

from __future__ import annotations

from pathlib import Path

from bot.agent.policy.transcription_policy import OFF, Rule, TranscriptionPolicy
from bot.core.errors import ProviderBusy
from bot.core.messages import Attachment, Kind
from tests.fakes.model import Says
from tests.talk import Talk, open_talk


async def sends(talk: Talk, *words: str, text: str = "", **more: object) -> None:
    """Several voice notes in one message."""
    for word in words:
        talk.channel.files[word] = word.encode()
    notes = tuple(Attachment(Kind.VOICE, "audio/ogg", word) for word in words)
    await talk.says(text, attachments=notes, **more)  # type: ignore[arg-type]
    await talk.settles()


async def test_only_as_many_recordings_as_configured_are_heard_and_the_person_is_told(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Fine."), hearing=TranscriptionPolicy(at_most=1)) as talk:
        await sends(talk, "one", "two", "three")

        assert [sound.data for sound in talk.ears.heard] == [b"one"]
        assert talk.channel.texts("1") == ["I listened to the first recording only.\n\nFine."]
        asked = talk.model.said()
        assert asked.startswith("one\n[The person sent a recording that you cannot hear.")
        assert asked.count("cannot hear") == 2


async def test_where_recordings_are_not_heard_nothing_is_fetched_or_paid_and_words_are_answered(tmp_path: Path) -> None:
    deaf = TranscriptionPolicy(rules=(Rule(False, key_prefix="fake:direct:1"),))
    async with open_talk(tmp_path, Says("Forty-two."), hearing=deaf) as talk:
        await sends(talk, "gone", text="Six times seven?")
        assert talk.channel.texts("1") == [f"{OFF}\n\nForty-two."]
        assert talk.ears.heard == []

        await sends(talk, "here I am", chat="2")
        assert [sound.data for sound in talk.ears.heard] == [b"here I am"]


async def test_the_model_knows_of_a_recording_that_failed_and_the_turn_goes_on(tmp_path: Path) -> None:
    async with open_talk(tmp_path, Says("Forty-two.")) as talk:
        talk.ears.faults.append(ProviderBusy("HTTP 503"))
        await sends(talk, "mumble", text="Six times seven?")

        assert talk.model.said().startswith("Six times seven?\n[The person sent a recording that you cannot hear.")
        assert talk.channel.texts("1")[-1].endswith("Forty-two.")
