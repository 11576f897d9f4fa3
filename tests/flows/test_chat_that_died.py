"""A chat that a refusal ended for good: the next plain message is answered, without /new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox import Sandbox
from bot.sandbox.faults import StatusError, UnreadablePictures
from tests.flows.world import World, open_world
from tests.sides import TelegramSide

KIMI, CLAUDE = "openrouter/moonshotai/kimi-k2.6", "openrouter/anthropic/claude-sonnet-4.6"
ODD_CALLS = [
    pytest.param("functions.reminder:0", '{"action":"list"}', id="an id with dots"),
    pytest.param("call_" + "x" * 70, '{"action":"list"}', id="an id of 75 characters"),
    pytest.param("c1", '{"action":"set","text":"tea"', id="arguments that were cut"),
    pytest.param("c1", "null", id="arguments that are null"),
    pytest.param("c1", '{"action":"list"}{"action":"list"}', id="two objects"),
]


@pytest.fixture
async def two_models(telegram: TelegramSide, sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[World]:
    """Claude answers, and Kimi where Claude cannot."""
    defaults = {"model": {"primary": CLAUDE, "fallbacks": [KIMI]}}
    async with open_world(telegram, sandbox, tmp_path, defaults=defaults) as running:
        yield running


@pytest.mark.parametrize(("call_id", "arguments"), ODD_CALLS)
async def test_after_an_odd_call_of_the_fallback_the_primary_answers_again(
    two_models: World, telegram: TelegramSide, sandbox: Sandbox, call_id: str, arguments: str
) -> None:
    sandbox.faults.add("/chat", do=StatusError(404, "No endpoints found for this model"), times=2, model=CLAUDE[11:])
    sandbox.call_next("reminder", arguments, call_id=call_id)
    sandbox.say_next("Kimi looked.")
    await telegram.say("what is on my list?")
    await two_models.answer("Kimi looked.")
    sandbox.forget()

    await telegram.say("reply with exactly: Claude is back")
    await two_models.answer("Claude is back")

    assert [asked.body["model"] for asked in sandbox.asked("/chat/completions")] == [CLAUDE[11:]]


@pytest.mark.parametrize(("call_id", "arguments"), ODD_CALLS)
async def test_after_an_odd_call_another_model_answers(
    on_telegram: World, telegram: TelegramSide, sandbox: Sandbox, call_id: str, arguments: str
) -> None:
    sandbox.call_next("reminder", arguments, call_id=call_id)
    sandbox.say_next("I looked.")
    await telegram.say("what is on my list?")
    await on_telegram.answer("I looked.")
    await telegram.say(f"/model {CLAUDE}")
    await on_telegram.settled()

    await telegram.say("reply with exactly: Claude answers")
    await on_telegram.answer("Claude answers")


@pytest.mark.parametrize("models", ["one", "two"])
async def test_a_picture_that_a_provider_refuses_is_left_out_at_once_and_said(
    telegram: TelegramSide, sandbox: Sandbox, tmp_path: Path, models: str
) -> None:
    defaults = {"model": {"primary": CLAUDE, "fallbacks": [KIMI] if models == "two" else []}}
    sandbox.faults.add("/chat", do=UnreadablePictures(), times=None)
    async with open_world(telegram, sandbox, tmp_path, defaults=defaults) as world:
        photo = BytesIO()
        Image.new("RGB", (40, 30), "red").save(photo, "PNG")
        await telegram.picture(photo.getvalue(), caption="reply with exactly: a caption")
        answer = await world.answer("(The model could not read your picture; I asked without it.)")
        await world.settled()
        sandbox.forget()
        await telegram.say("reply with exactly: still here")
        await world.answer("still here")
        await world.settled()

        assert answer.text.startswith("a caption")
        assert len(sandbox.asked("/chat/completions")) == 1
        assert "image_url" not in world.prompts()[0]
