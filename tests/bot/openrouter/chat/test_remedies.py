"""Requests that are changed after a refusal, and asked once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.chat import Assistant, Call, System, ToolResult, User
from bot.core.errors import BadRequest, ContextTooLong, ProviderBusy, ProviderError
from tests.bot.openrouter.dialogue import CHAT, WEATHER, answers, dialogue
from tests.bot.openrouter.recording_server import RecordingServer, Reply, says
from tests.fakes.shelf import JPEG, PNG


def refuses(status: int, message: str) -> Reply:
    return says({"error": {"code": status, "message": message}}, status=status)


async def test_the_newest_picture_that_cannot_be_read_is_left_out_then_all_and_the_person_hears_which(
    server: RecordingServer,
) -> None:
    server.on(
        CHAT, refuses(400, "Could not process image"), answers(), answers(), refuses(400, "Invalid image"), answers()
    )
    async with dialogue(server) as talk:
        old, new = talk.shelf.keep(PNG, "image/png"), talk.shelf.keep(JPEG, "image/jpeg")
        messages = User("a", (old,)), Assistant("b"), User("Look", (new,))

        first = await talk.ask(*messages)
        second = await talk.ask(*messages)
        third = await talk.ask(*messages)

        counts = [str(body).count("image_url': {") for body in talk.bodies]
        assert counts == [2, 1, 1, 1, 0]
        assert (first.notice, second.notice) == ("The model could not read your picture; I asked without it.", "")
        assert third.notice == "The model could not read a picture from earlier in this chat; I left it out."


async def test_a_model_without_tools_answers_without_and_is_remembered_for_a_day(server: RecordingServer) -> None:
    server.on(CHAT, refuses(404, "No endpoints found that support tool use. To learn more, visit: x"), answers())
    call = Assistant("", (Call("c", "weather", '{"city":"Rome"}'),))
    async with dialogue(server) as talk:
        for _ in range(2):
            await talk.ask(User("a"), call, ToolResult("c", "sunny"), User("b"), tools=(WEATHER,))
        await talk.clock.advance(24 * 3600 + 1)
        await talk.ask(User("a"), tools=(WEATHER,))

        assert ["tools" in body for body in talk.bodies] == [True, False, False, True]
        said = [(message["role"], message["content"]) for message in talk.bodies[1]["messages"]]
        assert said[1:3] == [
            ("assistant", '[called weather({"city":"Rome"})]'),
            ("user", "[result of the tool]\nsunny"),
        ]


@pytest.mark.parametrize(
    "refusal", ["Developer instruction is not enabled for models/gemma-3", "This model does not support system role"]
)
async def test_instructions_that_a_model_takes_from_no_system_stand_before_what_the_person_says(
    server: RecordingServer, refusal: str
) -> None:
    server.on(CHAT, refuses(400, refusal), answers())
    async with dialogue(server) as talk:
        await talk.ask(System("Be kind."), User("Hi"))

        assert talk.bodies[1]["messages"] == [
            {"role": "user", "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Hi"}]}
        ]


async def test_an_answer_limit_that_is_too_high_becomes_the_one_that_is_named(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "max_tokens: 4000 > 1024, the maximum number of output tokens"), answers())
    async with dialogue(server) as talk:
        await talk.ask()

        assert [body["max_completion_tokens"] for body in talk.bodies] == [4_000, 1_024]


@pytest.mark.parametrize(("characters", "kind"), [(100, BadRequest), (300_000, ContextTooLong)])
async def test_a_long_request_that_is_refused_for_an_unknown_reason_is_worth_a_shorter_try(
    server: RecordingServer, characters: int, kind: type[ProviderError]
) -> None:
    server.on(CHAT, refuses(400, "Something about it was wrong"))
    async with dialogue(server) as talk:
        with pytest.raises(ProviderError) as caught:
            await talk.ask(User("x" * characters))

        assert type(caught.value) is kind
        assert caught.value.tell == BadRequest.tell


async def test_a_daily_limit_is_asked_once_and_the_fallback_at_once(server: RecordingServer) -> None:
    reset = str(int((datetime.now(UTC) + timedelta(hours=6)).timestamp() * 1000))
    metadata = {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}}
    spent = {"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-day", "metadata": metadata}}
    server.on(CHAT, says(spent, status=429))
    async with dialogue(server) as talk:
        with pytest.raises(ProviderBusy) as caught:
            await talk.ask()

        assert (len(talk.asked), caught.value.tell) == (1, "The model is busy. Please try again in 360 minutes.")
