"""What a person is spared when the provider has a bad day."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from itertools import count
from typing import Any

import pytest
from aiohttp import web

from bot.core.chat import ChatRequest, FinishReason, TextDelta, User
from bot.core.errors import (
    BadAnswer,
    BadRequest,
    ContextTooLong,
    KeyRefused,
    ModelMissing,
    Moderated,
    OutOfCredit,
    ProviderBusy,
    ProviderError,
)
from bot.openrouter.chat.chunks import Patience
from bot.openrouter.chat.completions import ChatSettings
from bot.openrouter.params import ParamLayers
from tests.bot.openrouter.dialogue import (
    CHAT,
    DONE,
    USAGE,
    WEATHER,
    answers,
    chunk,
    dialogue,
    drips,
    event,
    model_row,
    told,
)
from tests.bot.openrouter.recording_server import RecordingServer, hangs_up, says, sends, stalls, streams
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import PNG


def refuses(status: int, message: str = "no", *, retry_after: str = "", **error: Any) -> Any:
    headers = {"Retry-After": retry_after} if retry_after else None
    return says({"error": {"code": status, "message": message, **error}}, status=status, headers=headers)


def repeats(
    piece: bytes, *, clock: FakeClock | None = None, every_seconds: float = 0, times: int | None = None, then: Any = ()
) -> Any:
    """The same bytes again and again, in the test's own time, and then these."""

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in count() if times is None else range(times):
            await response.write(piece)
            if clock is not None:
                await clock.sleep(every_seconds)
        for last in then:
            await response.write(last)
        return response

    return reply


# --- trying again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 524, 529])
async def test_a_busy_provider_is_asked_again_and_the_person_is_told(server: RecordingServer, status: int) -> None:
    server.on(CHAT, refuses(status), answers())
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "Hello"
        [notice] = talk.notices
        assert notice.tell == "The model is busy. I will try again in a moment."


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refuses(401), KeyRefused),
        (refuses(403), KeyRefused),
        (refuses(403, metadata={"reasons": ["violence"]}), Moderated),
        (refuses(403, "Key limit exceeded"), OutOfCredit),
        (refuses(402), OutOfCredit),
        (refuses(400, "bad thing"), BadRequest),
        (refuses(422), BadRequest),
        (refuses(413), ContextTooLong),
        (refuses(404), ModelMissing),
    ],
)
async def test_a_refusal_for_good_is_raised_at_once(
    server: RecordingServer, reply: Any, kind: type[ProviderError]
) -> None:
    server.on(CHAT, reply)
    async with dialogue(server) as talk:
        with pytest.raises(kind):
            await talk.ask()

        assert (len(talk.asked), talk.notices) == (1, [])


async def test_eight_retries_are_the_limit(server: RecordingServer) -> None:
    server.on(CHAT, refuses(503))
    async with dialogue(server, jitter=lambda: 0.1) as talk:
        with pytest.raises(ProviderBusy):
            await talk.ask(step_seconds=2)

        assert len(talk.asked) == 9


async def test_retries_end_after_ninety_seconds(server: RecordingServer) -> None:
    server.on(CHAT, refuses(429, retry_after="40"))
    async with dialogue(server) as talk:
        with pytest.raises(ProviderBusy):
            await talk.ask(step_seconds=40)

        assert len(talk.asked) == 3


async def test_the_wait_grows_and_is_jittered_in_full(server: RecordingServer) -> None:
    server.on(CHAT, *[refuses(500)] * 6, answers())
    async with dialogue(server, jitter=lambda: 0.5) as talk:
        await talk.ask(step_seconds=10)

        assert [notice.wait_seconds for notice in talk.notices] == [0.5, 1, 2, 4, 8, 10]


async def test_a_retry_after_is_honoured(server: RecordingServer) -> None:
    server.on(CHAT, refuses(429, retry_after="20"), answers())
    async with dialogue(server) as talk:
        await talk.ask()

        assert [(notice.tell, notice.wait_seconds) for notice in talk.notices] == [
            ("The model is busy. I will try again in 20 seconds.", 20)
        ]


async def test_a_long_retry_after_is_told_instead_of_waited_for(server: RecordingServer) -> None:
    server.on(CHAT, refuses(429, retry_after="3600"))
    async with dialogue(server) as talk:
        with pytest.raises(ProviderBusy) as caught:
            await talk.ask()

        assert caught.value.retry_after == 3600
        assert caught.value.tell == "The model is busy. Please try again in 60 minutes."


async def test_credit_that_is_only_reserved_is_waited_for(server: RecordingServer) -> None:
    server.on(CHAT, refuses(402, retry_after="3"), answers())
    async with dialogue(server) as talk:
        await talk.ask()

        assert [notice.wait_seconds for notice in talk.notices] == [3]


async def test_a_broken_connection_is_tried_again(server: RecordingServer) -> None:
    server.on(CHAT, hangs_up(), streams(event(chunk({"content": "Hal"})), cut=True), answers())
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "Hello"
        assert [type(item).__name__ for item in talk.events] == [
            "Retrying", "TextDelta", "Retrying", "TextDelta", "Finished",
        ]  # fmt: skip


# --- fallbacks ------------------------------------------------------------------------------------

FALLBACK = ChatSettings(fallbacks=("openrouter/vendor/model", "openrouter/other/one", "openrouter/other/two"))


async def test_fallbacks_are_asked_in_order_when_a_model_is_gone(server: RecordingServer) -> None:
    server.on(CHAT, refuses(404), refuses(404), answers())
    async with dialogue(server, FALLBACK) as talk:
        await talk.ask()

        assert [body["model"] for body in talk.bodies] == ["vendor/model", "other/one", "other/two"]
        assert talk.notices[0].tell == "vendor/model is not available now. I ask other/one instead."


async def test_a_busy_model_gives_way_and_rests_for_a_while(server: RecordingServer) -> None:
    server.on(CHAT, refuses(429, retry_after="120"), answers())
    async with dialogue(server, FALLBACK) as talk:
        await talk.ask()
        await talk.ask()
        await talk.clock.advance(121)
        await talk.ask()

        assert [body["model"] for body in talk.bodies] == ["vendor/model", "other/one", "other/one", "vendor/model"]


async def test_a_provider_behind_the_router_that_refuses_gives_way_to_the_next_model(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "Provider returned error: no tool call for that result"), answers())
    async with dialogue(server, FALLBACK) as talk:
        await talk.ask()

        assert [body["model"] for body in talk.bodies] == ["vendor/model", "other/one"]


async def test_a_request_that_is_refused_by_the_router_itself_asks_no_fallback(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "messages must not be empty"))
    async with dialogue(server, FALLBACK) as talk:
        with pytest.raises(BadRequest):
            await talk.ask()

        assert len(talk.asked) == 1


async def test_without_credit_only_what_is_free_is_asked(server: RecordingServer) -> None:
    server.on(CHAT, refuses(402), answers("For nothing"))
    fallbacks = ("openrouter/vendor/dear", "openrouter/vendor/small:free")
    async with dialogue(server, ChatSettings(fallbacks=fallbacks)) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "For nothing"
        assert [body["model"] for body in talk.bodies] == ["vendor/model", "vendor/small:free"]


async def test_a_refused_key_asks_no_fallback(server: RecordingServer) -> None:
    server.on(CHAT, refuses(401))
    async with dialogue(server, FALLBACK) as talk:
        with pytest.raises(KeyRefused):
            await talk.ask()

        assert len(talk.asked) == 1


# --- asking again with a change -------------------------------------------------------------------


async def test_too_little_credit_is_met_with_a_shorter_answer_once(server: RecordingServer) -> None:
    poor = refuses(402, "You requested up to 4000 tokens, but can only afford 1,000")
    server.on(CHAT, poor, poor)
    async with dialogue(server) as talk:
        with pytest.raises(OutOfCredit):
            await talk.ask()

        assert [body["max_completion_tokens"] for body in talk.bodies] == [4_000, 900]


async def test_a_field_that_is_not_supported_is_dropped_once(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "Unsupported parameter: 'temperature'"), answers())
    params = ParamLayers(defaults={"temperature": 1, "top_p": 0.9})
    async with dialogue(server, ChatSettings(params)) as talk:
        await talk.ask()

        assert ["temperature" in body for body in talk.bodies] == [True, False]
        assert talk.bodies[1]["top_p"] == 0.9


async def test_an_old_proxy_gets_the_token_limit_under_its_old_name(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "max_completion_tokens is not supported"), answers())
    async with dialogue(server, verified=False) as talk:
        await talk.ask()

        assert talk.bodies[1]["max_tokens"] == talk.bodies[0]["max_completion_tokens"]
        assert "max_completion_tokens" not in talk.bodies[1]


async def test_a_refusal_never_removes_the_operators_routing(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "provider returned: invalid request"))
    params = ParamLayers(provider={"provider": {"data_collection": "deny"}})
    async with dialogue(server, ChatSettings(params)) as talk:
        with pytest.raises(BadRequest):
            await talk.ask()

        assert len(talk.asked) == 1


async def test_a_prompt_that_fits_only_beside_a_shorter_answer_gets_one(server: RecordingServer) -> None:
    server.on(CHAT, refuses(400, "This endpoint's maximum context length is 5000 tokens"), answers())
    row = model_row("vendor/model", top_provider={"context_length": 5_000, "max_completion_tokens": 5_000})
    async with dialogue(server, models=[row]) as talk:
        await talk.ask(User("x" * 3_196))

        assert [body["max_completion_tokens"] for body in talk.bodies] == [5_000, 3_999]


async def test_pictures_become_notes_where_no_route_takes_them(server: RecordingServer) -> None:
    server.on(CHAT, refuses(404, "No endpoints found that support image input"), answers())
    async with dialogue(server) as talk:
        await talk.ask(User("Look", (talk.shelf.keep(PNG, "image/png"),)))

        parts = talk.bodies[1]["messages"][0]["content"]
        assert [part["type"] for part in parts] == ["text", "text"]


async def test_an_empty_answer_is_asked_for_once_more(server: RecordingServer) -> None:
    nothing = streams(event(chunk({"reasoning": "Hmm"})), event(chunk({}, "stop")), DONE)
    server.on(CHAT, nothing, nothing)
    async with dialogue(server) as talk:
        with pytest.raises(BadAnswer) as caught:
            await talk.ask()

        assert len(talk.asked) == 2
        assert caught.value.tell == "The model returned nothing. Please try again."


# --- streams that go wrong ------------------------------------------------------------------------


async def test_an_error_in_mid_stream_voids_the_text_and_starts_anew(server: RecordingServer) -> None:
    failed = {**chunk({"content": ""}, "error"), "error": {"code": 502, "message": "Provider disconnected"}}
    server.on(CHAT, streams(event(chunk({"content": "Half"})), event(failed), DONE), answers("Whole"))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert [type(item).__name__ for item in talk.events] == ["TextDelta", "Retrying", "TextDelta", "Finished"]
        assert finished.assistant.text == "Whole"


async def test_an_error_inside_a_200_counts_as_its_code(server: RecordingServer) -> None:
    server.on(CHAT, says({"error": {"code": 402, "message": "Insufficient credits"}}))
    async with dialogue(server) as talk:
        with pytest.raises(OutOfCredit):
            await talk.ask()


async def test_a_web_page_hints_at_the_base_url(server: RecordingServer) -> None:
    server.on(CHAT, sends(b"<html>Welcome</html>", "text/html"))
    async with dialogue(server) as talk:
        with pytest.raises(BadAnswer, match="base URL may be wrong"):
            await talk.ask()


@pytest.mark.parametrize(
    "broken",
    [
        [event(chunk({"content": "Half"}))],
        [event(chunk({"content": "Half"})), b'data: {"choices": [{"del\n\n', *told("x")],
        [event(chunk({"content": "Half"})), b"data: [1]\n\n", *told("x")],
    ],
    ids=["cut", "garbage", "no object"],
)
async def test_a_stream_that_is_not_whole_is_never_shown_as_complete(
    server: RecordingServer, broken: list[bytes]
) -> None:
    server.on(CHAT, streams(*broken), answers("Whole"))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "Whole"
        assert talk.notices[0].tell.startswith("The answer broke off.")


async def test_a_line_that_breaks_after_the_answer_loses_nothing(server: RecordingServer) -> None:
    server.on(CHAT, streams(event(chunk({"content": "All"})), event(chunk({}, "stop")), cut=True))
    async with dialogue(server) as talk:
        assert (await talk.ask()).assistant.text == "All"
        assert len(talk.asked) == 1


async def test_a_line_that_stays_open_after_the_answer_is_not_waited_for(server: RecordingServer) -> None:
    server.on(CHAT, drips(event(chunk({"content": "All"})), event(chunk({}, "stop"))))
    async with dialogue(server) as talk:
        assert (await talk.ask()).assistant.text == "All"
        assert talk.clock.monotonic() <= 10


async def test_null_choices_and_unknown_fields_are_borne(server: RecordingServer) -> None:
    odd: list[dict[str, Any]] = [
        {"choices": None},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{"delta": None}]},
        {"object": "x"},
    ]
    server.on(CHAT, streams(*map(event, odd), *told()))
    async with dialogue(server) as talk:
        assert (await talk.ask()).assistant.text == "Hello"


async def test_an_answer_that_ends_in_good_order_without_a_reason_is_asked_for_once(server: RecordingServer) -> None:
    pieces = [event(chunk({"content": text})) for text in ("Paris is the capital.", " It lies on the Seine.")]
    server.on(CHAT, streams(*pieces, event({**chunk(), "choices": [], "usage": USAGE}), DONE))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert finished.assistant.text == "Paris is the capital. It lies on the Seine."
        assert (len(talk.asked), talk.notices) == (1, [])


@pytest.mark.parametrize(
    ("finish", "kind"), [("content_filter", Moderated), ("prohibited_content", Moderated), ("error", ProviderBusy)]
)
async def test_a_bad_end_is_an_error_that_names_the_reason(
    server: RecordingServer, finish: str, kind: type[ProviderError]
) -> None:
    server.on(CHAT, answers(finish=finish))
    async with dialogue(server) as talk:
        with pytest.raises(kind, match=finish):
            await talk.ask(step_seconds=30)


async def test_a_cut_answer_keeps_its_text_and_never_runs_its_calls(server: RecordingServer) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "weather", "arguments": '{"ci'}}
    server.on(CHAT, streams(event(chunk({"content": "So", "tool_calls": [call]})), *told("", finish="length")))
    async with dialogue(server) as talk:
        finished = await talk.ask(tools=(WEATHER,))

        assert (finished.reason, finished.assistant.text, finished.assistant.calls) == (FinishReason.LENGTH, "So", ())


async def test_an_endless_answer_is_cut_at_its_cap(server: RecordingServer) -> None:
    server.on(CHAT, repeats(event(chunk({"content": "x" * 65_536}))))
    async with dialogue(server) as talk:
        finished = await talk.ask()

        assert (finished.reason, len(finished.assistant.text)) == (FinishReason.LENGTH, 256 * 1024)


async def test_a_last_event_that_no_blank_line_ends_still_counts(server: RecordingServer) -> None:
    server.on(CHAT, streams(event(chunk({"content": "All"})), event(chunk({}, "stop")).rstrip()))
    async with dialogue(server) as talk:
        assert (await talk.ask()).assistant.text == "All"
        assert len(talk.asked) == 1


# --- silence --------------------------------------------------------------------------------------


async def test_a_silent_line_is_given_up_after_sixty_seconds(server: RecordingServer) -> None:
    server.on(CHAT, drips(event(chunk({"content": "Half"}))), answers("Whole"))
    async with dialogue(server) as talk:
        finished = await talk.ask(step_seconds=10)

        assert finished.assistant.text == "Whole"
        assert 60 <= talk.clock.monotonic() < 90


@pytest.mark.parametrize(
    ("model", "given_up_after"), [("openrouter/vendor/model", 120), ("openrouter/openrouter/fusion", 600)]
)
async def test_comments_keep_a_line_open_only_until_progress_is_due(
    server: RecordingServer, model: str, given_up_after: float
) -> None:
    server.on(CHAT, answers("Whole"))
    async with dialogue(server) as talk:
        server.on(CHAT, repeats(b": OPENROUTER PROCESSING\n\n", clock=talk.clock, every_seconds=30), answers("Whole"))

        finished = await talk.ask(model=model, step_seconds=10)

        assert finished.assistant.text == "Whole"
        assert given_up_after <= talk.clock.monotonic() < given_up_after + 40


async def test_a_slow_answer_may_take_as_long_as_it_makes_progress(server: RecordingServer) -> None:
    async with dialogue(server) as talk:
        server.on(
            CHAT, repeats(event(chunk({"content": "x"})), clock=talk.clock, every_seconds=50, times=5, then=told("!"))
        )

        finished = await talk.ask(step_seconds=10)

        assert finished.assistant.text == "xxxxx!"
        assert len(talk.asked) == 1


async def test_headers_that_never_come_are_given_up(server: RecordingServer) -> None:
    server.on(CHAT, stalls(), answers())
    async with dialogue(server, ChatSettings(patience=Patience(headers=0.1))) as talk:
        assert (await talk.ask()).assistant.text == "Hello"
        assert len(talk.asked) == 2


async def test_stopping_in_mid_stream_closes_the_line(server: RecordingServer) -> None:
    closed = asyncio.Event()

    async def reply(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(event(chunk({"content": "Half"})))
        try:
            while True:
                await asyncio.sleep(0.01)
                await response.write(b": still here\n\n")
        except ConnectionError:
            closed.set()
            raise

    server.on(CHAT, reply)
    async with dialogue(server) as talk:
        async with aclosing(talk.chat.stream(ChatRequest("openrouter/vendor/model", (User("Hi"),)))) as events:
            assert await anext(events) == TextDelta("Half")

        await asyncio.wait_for(closed.wait(), 2)
