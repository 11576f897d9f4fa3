"""OpenRouter as a whole: what a missing key takes away, and which key each listener uses."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

import pytest

from bot.config.load import parse
from bot.config.profiles import Profiles, StoredKey
from bot.core.clock import SystemClock
from bot.core.errors import ConfigError
from bot.core.media import Sound
from bot.openrouter.provider import KEYLESS, OpenRouter, open_openrouter
from tests.bot.openrouter.recording_server import RecordingServer, says
from tests.fakes.shelf import Shelf


def opened(text: str, *stored: StoredKey) -> AbstractAsyncContextManager[OpenRouter]:
    return open_openrouter(parse(text), Profiles(stored), {}, blobs=Shelf(), state_dir=None, clock=SystemClock())


async def test_a_key_for_speech_that_points_nowhere_takes_only_the_voice_away() -> None:
    text = "{messages: {tts: {providers: {openrouter: {apiKey: '${NOT_SET}'}}}}}"
    async with opened(text, StoredKey("openrouter:default", key="k")) as provider:
        assert provider.synthesizer is None
        assert provider.transcriber is not None
        (note,) = provider.notes
        assert str(note).startswith("Answers are not spoken: messages.tts.providers.openrouter.apiKey")


async def test_a_key_for_speech_alone_still_speaks_and_the_lack_of_the_other_is_told() -> None:
    async with opened("{messages: {tts: {providers: {openrouter: {apiKey: 'k'}}}}}") as provider:
        assert provider.synthesizer is not None
        assert [str(note) for note in provider.notes] == [KEYLESS]
    async with opened("{}") as provider:
        assert provider.synthesizer is None


async def test_a_listener_with_a_profile_uses_the_key_that_is_stored_under_it(server: RecordingServer) -> None:
    server.on("POST /audio/transcriptions", says({"text": "hello"}))
    text = f"{{models: {{providers: {{openrouter: {{baseUrl: '{server.base_url}'}}}}}}, \
        tools: {{media: {{audio: {{models: [{{model: 'a/b', profile: 'openrouter:ears'}}]}}}}}}}}"
    keys = StoredKey("openrouter:default", key="main-key"), StoredKey("openrouter:ears", key="ears-key")
    async with opened(text, *keys) as provider:
        assert provider.transcriber is not None
        await provider.transcriber.transcribe(Sound(bytes(2048), "audio/ogg"))

    assert server.seen[0].headers["Authorization"] == "Bearer ears-key"
    with pytest.raises(ConfigError, match="no stored key 'openrouter:ears'"):
        async with opened(text):
            pass
