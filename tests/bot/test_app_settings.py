"""From the configuration to what the agent is told about speaking and listening."""

from __future__ import annotations

import pytest

from bot.agent.policy.transcription_policy import Rule, TranscriptionPolicy
from bot.agent.speak import VoiceChoice, VoiceMode
from bot.app_settings import agent_settings
from bot.config.load import parse

MODELS = "agents: {defaults: {model: 'openrouter/a/b', models: {'openrouter/c/d': {alias: 'small'}}}}"


@pytest.mark.parametrize(
    ("tts", "longest", "summary", "choices"),
    [
        ("", 1500, "openrouter/a/b", set(VoiceChoice)),
        ("maxLength: 9000, maxTextLength: 4000", 4000, "openrouter/a/b", set(VoiceChoice)),
        ("summaryModel: 'small'", 1500, "openrouter/c/d", set(VoiceChoice)),
        ("summaryModel: 'small', summarize: false", 1500, "", set(VoiceChoice)),
        ("modelOverrides: {enabled: false}", 1500, "openrouter/a/b", set()),
        ("modelOverrides: {allowText: false, allowModelId: false}", 1500, "openrouter/a/b", {"voice", "speed"}),
    ],
)
def test_how_answers_are_spoken_is_as_configured(tts: str, longest: int, summary: str, choices: set[str]) -> None:
    voice = agent_settings(parse(f"{{{MODELS}, messages: {{tts: {{auto: 'tagged', {tts}}}}}}}")).voice

    assert (voice.mode, voice.longest_characters, voice.summary_model) == (VoiceMode.TAGGED, longest, summary)
    assert voice.choices == choices


SCOPE = """scope: {default: "deny", rules: [
    {action: "allow", match: {chatType: "direct"}},
    {action: "deny", match: {channel: "discord", keyPrefix: "discord:channel:5"}},
    {action: "allow"},
]}"""


@pytest.mark.parametrize(
    ("audio", "hearing"),
    [
        ("", TranscriptionPolicy()),
        ("attachments: {mode: 'first', maxAttachments: 5}", TranscriptionPolicy(at_most=1)),
        ("attachments: {mode: 'all', maxAttachments: 5}", TranscriptionPolicy(at_most=5)),
        (
            SCOPE,
            TranscriptionPolicy(
                rules=(Rule(True, chat_type="direct"), Rule(False, "discord", "", "discord:channel:5"), Rule(True)),
                otherwise=False,
            ),
        ),
    ],
)
def test_what_is_listened_to_is_as_configured(audio: str, hearing: TranscriptionPolicy) -> None:
    assert agent_settings(parse(f"{{tools: {{media: {{audio: {{{audio}}}}}}}}}")).hearing == hearing
