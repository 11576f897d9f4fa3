"""Asking the provider: bounds, broken connections, and where the key may go."""

from __future__ import annotations

import re
import socket

import pytest

from bot.core.clock import SystemClock
from bot.core.errors import BadAnswer, BadRequest, Blocked, KeyRefused, ModelMissing, ProviderBusy
from bot.net.proxy import ProxyRules
from bot.net.ssrf_guard import SsrfGuard
from bot.openrouter.http.client import OpenRouterClient, TooLarge, merged_headers
from bot.openrouter.http.failure import Unreached
from bot.openrouter.http.route import Route
from tests.bot.openrouter.conftest import KEY
from tests.bot.openrouter.recording_server import (
    RecordingServer,
    hangs_up,
    redirects,
    says,
    sends,
    streams,
)
from tests.bot.openrouter.stranger import Page, Stranger


async def test_a_post_carries_key_attribution_and_json(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /chat/completions", says({"ok": True}))

    answer = await client.post_json("/chat/completions", {"text": "grüß 👋 \ud83d"}, label="Chat", timeout_seconds=5)

    assert answer.body == {"ok": True}
    [seen] = server.seen
    assert seen.headers["Authorization"] == f"Bearer {KEY}"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["HTTP-Referer"] == "https://openclaw.ai"
    assert seen.headers["X-OpenRouter-Title"] == "OpenClaw"
    assert "X-OpenRouter-Categories" not in seen.headers
    assert seen.json == {"text": "grüß 👋 ?"}


async def test_zero_data_retention_is_asked_for_on_the_wire(server: RecordingServer) -> None:
    server.on("POST /images", says({}))
    route = Route(base_url=server.base_url, key=KEY, canonical=server.base_url, zdr=True)
    async with OpenRouterClient(route, clock=SystemClock()) as client:
        await client.post_json("/images", {"prompt": "fox"}, label="Picture", timeout_seconds=5)

    assert server.seen[0].json == {"prompt": "fox", "provider": {"zdr": True}}


async def test_the_proxy_carries_requests_to_the_provider_and_none_to_strangers(
    server: RecordingServer, stranger: Stranger
) -> None:
    server.on("POST /chat/completions", says({"answer": 1}))
    route = Route(base_url="http://provider.example/api/v1", key="k")
    async with OpenRouterClient(
        route, clock=SystemClock(), public=stranger, proxies=ProxyRules(http=server.origin)
    ) as client:
        answer = await client.post_json("/chat/completions", {}, label="Chat", timeout_seconds=5)
        with pytest.raises(BadAnswer):
            await client.fetch_public("http://elsewhere.example/", cap_bytes=9, timeout_seconds=5, label="Picture")

    assert answer.body == {"answer": 1}
    assert server.seen[0].headers["Host"] == "provider.example"
    assert (len(server.seen), stranger.asked) == (1, ["http://elsewhere.example/"])


async def test_a_proxy_that_cannot_be_reached_is_named_without_its_password() -> None:
    proxies = ProxyRules(http="http://me:secret-word@127.0.0.1:9")
    async with OpenRouterClient(
        Route(base_url="http://provider.example/api/v1", key="k"), clock=SystemClock(), proxies=proxies
    ) as client:
        with pytest.raises(Unreached, match=re.escape("through the proxy http://127.0.0.1:9")) as caught:
            await client.post_json("/x", {}, label="Chat", timeout_seconds=5)

    assert "secret-word" not in str(caught.value)


async def test_chat_calls_add_the_categories(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /chat/completions", says({}))

    async with client.stream("/chat/completions", {}, label="Chat", categories=True):
        pass

    assert server.seen[0].headers["X-OpenRouter-Categories"].startswith("cli-agent,")


def test_callers_headers_win_except_over_attribution_on_a_verified_route() -> None:
    extra = {"x-openrouter-title": "Mine", "accept": "x/y", "X-OpenRouter-Cache": "true"}

    verified = merged_headers(Route(key="k"), extra, categories=True)
    proxy = merged_headers(Route(base_url="https://proxy.example/v1", key="k"), extra, categories=True)

    assert verified["X-OpenRouter-Title"] == "OpenClaw"
    assert verified["X-OpenRouter-Cache"] == "true"
    assert [name for name in verified if name.lower() == "x-openrouter-title"] == ["X-OpenRouter-Title"]
    assert proxy["x-openrouter-title"] == "Mine"
    assert "HTTP-Referer" not in proxy


async def test_a_missing_key_is_refused_before_anything_is_asked(server: RecordingServer) -> None:
    async with OpenRouterClient(Route(base_url=server.base_url), clock=SystemClock()) as client:
        with pytest.raises(KeyRefused, match="no OpenRouter key"):
            await client.post_json("/chat/completions", {}, label="Chat", timeout_seconds=5)

    assert server.seen == []


async def test_the_catalog_can_be_read_without_a_key(server: RecordingServer) -> None:
    server.on("GET /models", says({"data": []}))

    async with OpenRouterClient(Route(base_url=server.base_url), clock=SystemClock()) as client:
        answer = await client.get_json("/models", label="Catalog", timeout_seconds=5)

    assert answer.body == {"data": []}
    assert "Authorization" not in server.seen[0].headers


async def test_a_refusal_is_raised_by_its_meaning_and_without_the_key(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on("POST /x", says({"error": {"message": f"no such model for {KEY}"}}, status=404))

    with pytest.raises(ModelMissing, match=r"Thing failed \(HTTP 404\): no such model") as caught:
        await client.post_json("/x", {}, label="Thing failed", timeout_seconds=5)

    assert KEY not in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_post_never_follows_a_redirect(server: RecordingServer, client: OpenRouterClient, status: int) -> None:
    server.on("POST /videos", redirects("https://evil.example/take", status))

    with pytest.raises(BadAnswer, match=r"redirected to 'evil\.example'"):
        await client.post_json("/videos", {}, label="Video", timeout_seconds=5)

    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[1]", b'"text"', b"NaN", b'{"cost": Infinity}', b"[" * 100_000, b"\xff\xfe{}"]
)
async def test_what_is_no_json_object_is_a_bad_answer(
    server: RecordingServer, client: OpenRouterClient, body: bytes
) -> None:
    server.on("POST /x", sends(body, "application/json"))

    with pytest.raises(BadAnswer):
        await client.post_json("/x", {}, label="Thing", timeout_seconds=5)


async def test_a_web_page_hints_at_the_base_url(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /x", sends(b"<!doctype html><p>welcome", "text/html"))

    with pytest.raises(BadAnswer, match="the base URL may be wrong"):
        await client.post_json("/x", {}, label="Thing", timeout_seconds=5)


@pytest.mark.parametrize("reply", [sends(b" " * 5000, "application/json"), streams(b" " * 3000, b" " * 3000)])
async def test_an_answer_above_the_cap_is_cut_off(
    server: RecordingServer, client: OpenRouterClient, reply: object
) -> None:
    server.on("POST /x", reply)  # type: ignore[arg-type]

    with pytest.raises(TooLarge):
        await client.post_json("/x", {}, label="Thing", timeout_seconds=5, cap_bytes=4096)


async def test_a_broken_connection_is_busy_with_an_unknown_outcome(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    server.on("POST /x", hangs_up())

    with pytest.raises(ProviderBusy) as caught:
        await client.post_json("/x", {}, label="Thing", timeout_seconds=5)

    assert type(caught.value) is ProviderBusy
    assert caught.value.status is None
    assert len(server.seen) == 1


async def test_nobody_listening_means_nothing_was_asked() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        route = Route(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/api/v1", key=KEY)
        async with OpenRouterClient(route, clock=SystemClock()) as client:
            with pytest.raises(Unreached, match="cannot reach"):
                await client.post_json("/x", {}, label="Thing", timeout_seconds=5)


async def test_a_slow_answer_says_after_how_many_milliseconds_it_was_given_up(client: OpenRouterClient) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        route = Route(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", key=KEY)
        async with OpenRouterClient(route, clock=SystemClock()) as waiting:
            with pytest.raises(ProviderBusy, match="timed out after 60ms"):
                await waiting.post_json("/x", {}, label="Thing", timeout_seconds=0.06)
            with pytest.raises(ProviderBusy, match="timed out after 60ms"):
                async with waiting.stream("/x", {}, label="Thing", headers_seconds=0.06):
                    pass


async def test_numbers_that_json_does_not_know_are_never_sent(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    with pytest.raises(BadRequest, match="cannot be written as JSON"):
        await client.post_json("/x", {"temperature": float("nan")}, label="Thing", timeout_seconds=5)

    assert server.seen == []


async def test_a_large_request_arrives_whole(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /x", says({}))

    await client.post_json("/x", {"data": "a" * 3_000_000}, label="Thing", timeout_seconds=10)

    assert len(server.seen[0].json["data"]) == 3_000_000


async def test_a_stream_is_handed_on_as_it_arrives(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /chat/completions", streams(b"data: 1\n\n", b"data: 2\n\n"))

    async with client.stream("/chat/completions", {}, label="Chat") as stream:
        data = b"".join([chunk async for chunk in stream.chunks])

    assert stream.content_type == "text/event-stream"
    assert data == b"data: 1\n\ndata: 2\n\n"
    assert server.seen[0].headers["Accept"] == "text/event-stream"


async def test_a_stream_that_breaks_is_busy(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /chat/completions", streams(b"data: 1\n\n", cut=True))

    with pytest.raises(ProviderBusy):
        async with client.stream("/chat/completions", {}, label="Chat") as stream:
            async for _ in stream.chunks:
                pass


async def test_a_refused_stream_raises_on_entering(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("POST /chat/completions", says({"error": "slow"}, status=429, headers={"Retry-After": "7"}))

    with pytest.raises(ProviderBusy) as caught:
        async with client.stream("/chat/completions", {}, label="Chat"):
            raise AssertionError("not reached")

    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    "url",
    [
        "https://openrouter.ai.evil.example/api/v1/key",
        "http://127.0.0.1:1/api/v1/key",
        "http://127.0.0.1@evil.example/",
        "file:///etc/passwd",
        "",
    ],
)
async def test_json_is_asked_for_at_the_own_origin_only(
    server: RecordingServer, client: OpenRouterClient, url: str
) -> None:
    with pytest.raises(Blocked):
        await client.get_json(url, label="Thing", timeout_seconds=5)

    assert server.seen == []


async def test_a_download_at_home_carries_the_key(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("GET /videos/v/content", sends(b"clip", "video/mp4"))

    got = await client.download(
        f"{server.base_url}/videos/v/content?index=0&sig=a%2Fb", cap_bytes=100, timeout_seconds=5, label="Clip"
    )

    assert got.data == b"clip"
    assert server.seen[0].headers["Authorization"] == f"Bearer {KEY}"
    assert server.seen[0].path == "/api/v1/videos/v/content?index=0&sig=a%2Fb"


async def test_a_download_that_is_sent_elsewhere_goes_on_as_a_stranger(
    server: RecordingServer, client: OpenRouterClient, stranger: Stranger
) -> None:
    server.on("GET /here", redirects(f"{server.base_url}/there"))
    server.on("GET /there", redirects("https://cdn.example/clip.mp4"))
    stranger.pages["https://cdn.example/clip.mp4"] = Page(b"clip", "video/mp4")

    got = await client.download(f"{server.base_url}/here", cap_bytes=100, timeout_seconds=5, label="Clip")

    assert got.data == b"clip"
    assert stranger.asked == ["https://cdn.example/clip.mp4"]


async def test_a_download_to_another_port_of_the_same_host_gets_no_key(
    server: RecordingServer, client: OpenRouterClient
) -> None:
    async with RecordingServer() as other:
        with pytest.raises(BadAnswer, match="is not public"):
            await client.download(f"{other.base_url}/clip", cap_bytes=100, timeout_seconds=5, label="Clip")

        assert other.seen == []


async def test_redirects_in_circles_end(server: RecordingServer, client: OpenRouterClient) -> None:
    server.on("GET /a", redirects("/api/v1/b"))
    server.on("GET /b", redirects("/api/v1/a"))

    with pytest.raises(BadAnswer, match="redirected in circles"):
        await client.download(f"{server.base_url}/a", cap_bytes=100, timeout_seconds=5, label="Clip")


async def test_a_long_chain_of_redirects_ends(server: RecordingServer, client: OpenRouterClient) -> None:
    for step in range(6):
        server.on(f"GET /{step}", redirects(f"/api/v1/{step + 1}"))

    with pytest.raises(BadAnswer, match="more than 3 times"):
        await client.download(f"{server.base_url}/0", cap_bytes=100, timeout_seconds=5, label="Clip")

    assert len(server.seen) == 4


async def test_the_real_guard_opens_no_private_address_for_a_download(server: RecordingServer) -> None:
    async with RecordingServer() as inside, SsrfGuard() as guard:
        server.on("GET /clip", redirects(f"{inside.base_url}/metadata"))
        route = Route(base_url=server.base_url, key=KEY)
        async with OpenRouterClient(route, clock=SystemClock(), public=guard) as client:
            for url in (f"{server.base_url}/clip", f"https://127.0.0.1:{inside.port}/", "https://169.254.169.254/"):
                with pytest.raises(BadAnswer):
                    await client.download(url, cap_bytes=100, timeout_seconds=5, label="Clip")

        assert inside.seen == []
