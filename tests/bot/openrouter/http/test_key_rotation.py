"""Several keys: which is tried when, what rests, and what is written down of it. Real requests, time that jumps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.config.key_cooldown import Trouble
from bot.config.keys import FoundKey, spare_keys
from bot.config.load import parse
from bot.config.profiles import Profiles, StoredKey, read_profiles, store_key
from bot.core.chat import ChatRequest, Finished, User
from bot.core.clock import SystemClock
from bot.core.errors import KeyRefused, ModelMissing, Moderated, OutOfCredit, ProviderBusy, ProviderError
from bot.openrouter.http.client import OpenRouterClient
from bot.openrouter.http.failure import Unreached
from bot.openrouter.http.key_rotation import KeyBook, KeyRotation, trouble_of
from bot.openrouter.http.route import Route
from bot.openrouter.provider import OpenRouter, open_openrouter
from bot.sandbox import Sandbox
from tests.bot.openrouter.recording_server import RecordingServer, Reply, says, streams
from tests.fakes.clock import FakeClock
from tests.fakes.shelf import Shelf

POST = "POST /responses"
ONE, TWO = StoredKey("openrouter:one", key="key-one"), StoredKey("openrouter:two", key="key-two")
LIMITED = says({"error": {"message": "slow down"}}, status=429)
SPARES = {"OPENROUTER_API_KEYS": "spare-one spare-two"}

Answers = dict[str, Reply]


def by_key(answers: Answers) -> Reply:
    """Answers by the key that came; whoever is not listed is served."""

    async def reply(request: web.Request) -> web.StreamResponse:
        key = request.headers["Authorization"].removeprefix("Bearer ")
        return await answers.get(key, says({"ok": True}))(request)

    return reply


def keys_seen(server: RecordingServer) -> list[str]:
    return [seen.headers["Authorization"].removeprefix("Bearer ") for seen in server.seen]


async def ask(client: OpenRouterClient) -> None:
    await client.post_json("/responses", {}, label="Test", timeout_seconds=5)


Open = Callable[..., AbstractAsyncContextManager[OpenRouterClient]]


@pytest.fixture
def opened(server: RecordingServer, clock: FakeClock) -> Open:
    @asynccontextmanager
    async def open_client(
        *stored: StoredKey, spares: dict[str, str] | None = None, profiles: Profiles | None = None
    ) -> AsyncIterator[OpenRouterClient]:
        profiles = profiles or Profiles(stored)
        keys = [FoundKey(key.key, key.where, key.id) for key in profiles.stored]
        async with KeyBook(profiles, clock=clock) as book:
            ring = KeyRotation(keys, book=book, spares=spare_keys(spares or {}))
            async with OpenRouterClient(Route(server.base_url), clock=clock, keys=ring) as client:
                yield client

    return open_client


async def test_a_refused_key_gives_way_to_the_next_at_once_and_comes_back_rested(
    server: RecordingServer, clock: FakeClock, opened: Open
) -> None:
    server.on(POST, by_key({"key-one": LIMITED}))
    async with opened(ONE, TWO) as client:
        await ask(client)
        await ask(client)
        await clock.advance(61)
        server.on(POST, by_key({}))
        await ask(client)

    assert keys_seen(server) == ["key-one", "key-two", "key-two", "key-one"]


@pytest.mark.parametrize(
    ("status", "message", "kind", "minutes"),
    [
        (429, "slow down", ProviderBusy, 1),
        (401, "no such key", KeyRefused, 1),
        (402, "no credit", OutOfCredit, 300),
        (403, "Key limit exceeded (monthly limit)", OutOfCredit, 300),
    ],
)
async def test_each_refusal_rests_the_key_as_long_as_it_deserves(
    server: RecordingServer,
    clock: FakeClock,
    opened: Open,
    status: int,
    message: str,
    kind: type[ProviderError],
    minutes: int,
) -> None:
    server.on(POST, by_key({key.key: says({"error": {"message": message}}, status=status) for key in (ONE, TWO)}))
    async with opened(ONE, TWO) as client:
        with pytest.raises(kind):
            await ask(client)
        server.on(POST, by_key({"key-two": LIMITED}))
        await clock.advance(minutes * 60 - 1)
        server.seen.clear()
        await ask(client)

    # Every key rests: the one that is ready first is tried all the same.
    assert keys_seen(server) == ["key-one"]


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OutOfCredit("x", status=402), Trouble.BILLING),
        (OutOfCredit("x", status=402, retry_after=20), Trouble.RATE_LIMIT),
        (OutOfCredit("x", status=403), Trouble.BILLING),
        (KeyRefused("x", status=401), Trouble.AUTH),
        (KeyRefused("there is none"), None),
        (ProviderBusy("x", status=429), Trouble.RATE_LIMIT),
        (ProviderBusy("timed out"), Trouble.TIMEOUT),
        (ProviderBusy("x", status=408), Trouble.TIMEOUT),
        (ProviderBusy("x", status=503), None),
        (ProviderBusy("x (HTTP 400): Provider returned error", status=400), Trouble.TIMEOUT),
        (Unreached("no network"), None),
        (Moderated("x", status=403), None),
        (ModelMissing("x", status=404), None),
    ],
)
def test_a_key_is_blamed_for_what_another_key_would_mend(error: ProviderError, trouble: Trouble | None) -> None:
    assert trouble_of(error) is trouble


async def test_what_may_have_been_done_is_not_asked_again_with_another_key(
    server: RecordingServer, opened: Open
) -> None:
    server.on(POST, by_key({"key-one": says({"error": {"message": "down"}}, status=503)}))
    async with opened(ONE, TWO) as client:
        with pytest.raises(ProviderBusy):
            await ask(client)
    assert keys_seen(server) == ["key-one"]


@pytest.mark.parametrize("status", [400, 404, 413, 422])
async def test_a_refusal_of_the_request_is_no_fault_of_the_key(
    server: RecordingServer, opened: Open, status: int
) -> None:
    server.on(POST, by_key({"key-one": says({"error": {"message": "no"}}, status=status)}))
    async with opened(ONE, TWO) as client:
        for _ in range(2):
            with pytest.raises(ProviderError):
                await ask(client)
    assert keys_seen(server) == ["key-one", "key-one"]


async def test_a_provider_that_failed_behind_the_router_rests_the_key_like_a_timeout(
    server: RecordingServer, opened: Open
) -> None:
    server.on(POST, by_key({"key-one": says({"error": {"message": "Provider returned error"}}, status=502)}))
    async with opened(ONE, TWO) as client:
        with pytest.raises(ProviderBusy):
            await ask(client)
        await ask(client)
    assert keys_seen(server) == ["key-one", "key-two"]


async def test_spare_keys_are_tried_only_once_a_rate_limit_was_met(
    server: RecordingServer, clock: FakeClock, opened: Open
) -> None:
    async with opened(ONE, spares=SPARES) as client:
        server.on(POST, by_key({"key-one": says({"error": {"message": "bad key"}}, status=401)}))
        with pytest.raises(KeyRefused):
            await ask(client)
        await clock.advance(3600)
        server.on(POST, by_key({"key-one": LIMITED, "spare-one": LIMITED}))
        await ask(client)
        await ask(client)
        await clock.advance(3600)
        server.on(POST, by_key({}))
        await ask(client)

    assert keys_seen(server) == ["key-one", "key-one", "spare-one", "spare-two", "spare-two", "key-one"]


async def test_a_spare_key_that_is_refused_gives_way_to_the_next_spare(server: RecordingServer, opened: Open) -> None:
    refused = says({"error": {"message": "no such key"}}, status=401)
    server.on(POST, by_key({"key-one": LIMITED, "spare-one": refused}))
    async with opened(ONE, spares=SPARES) as client:
        await ask(client)
    assert keys_seen(server) == ["key-one", "spare-one", "spare-two"]


async def test_when_every_key_is_limited_the_last_refusal_is_told(server: RecordingServer, opened: Open) -> None:
    server.on(POST, LIMITED)
    async with opened(ONE, spares=SPARES) as client:
        with pytest.raises(ProviderBusy, match="slow down"):
            await ask(client)
    assert keys_seen(server) == ["key-one", "spare-one", "spare-two"]


async def test_a_stream_that_ends_in_a_rate_limit_rests_its_key(server: RecordingServer, opened: Open) -> None:
    server.on(POST, streams(b"data: x\n\n"))
    async with opened(ONE, TWO) as client:
        with pytest.raises(ProviderBusy):
            async with client.stream("/responses", {}, label="Test"):
                raise ProviderBusy("in the middle", status=429)
        await ask_stream(client)
    assert keys_seen(server) == ["key-one", "key-two"]


async def ask_stream(client: OpenRouterClient) -> None:
    async with client.stream("/responses", {}, label="Test") as answer:
        async for _ in answer.chunks:
            pass


async def test_what_one_key_cannot_see_is_looked_for_with_the_others(server: RecordingServer, opened: Open) -> None:
    missing = says({"error": {"message": "not found"}}, status=404)
    server.on("GET /videos/1", by_key({"key-one": missing}))
    server.on("GET /videos/2", missing)
    async with opened(ONE, TWO) as client:
        assert (await client.get_json("/videos/1", label="Test", timeout_seconds=5)).body == {"ok": True}
        with pytest.raises(ModelMissing):
            await client.get_json("/videos/2", label="Test", timeout_seconds=5)
    assert keys_seen(server) == ["key-one", "key-two"] * 2


async def test_what_happened_to_a_key_is_written_down_and_forgotten_with_success(
    server: RecordingServer, clock: FakeClock, opened: Open, tmp_path: Path
) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, ONE)
    store_key(file, TWO)
    server.on(POST, by_key({"key-one": LIMITED}))
    now = int(clock.now().timestamp() * 1000)

    async with opened(profiles=read_profiles(file)) as client:
        await ask(client)
    first = json.loads(file.read_text())["usageStats"]
    assert first == {
        "openrouter:one": {"cooldownUntil": now + 60_000, "errorCount": 1, "lastFailureAt": now},
        "openrouter:two": {"lastUsed": now},
    }

    server.on(POST, by_key({}))
    await clock.advance(61)
    async with opened(profiles=read_profiles(file)) as client:
        await ask(client)
    assert json.loads(file.read_text())["usageStats"]["openrouter:one"] == {"lastUsed": now + 61_000}
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_key_that_goes_on_working_is_written_down_once_a_minute(
    server: RecordingServer, clock: FakeClock, opened: Open, tmp_path: Path
) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, ONE)
    server.on(POST, by_key({}))
    versions = set()
    async with opened(profiles=read_profiles(file)) as client:
        for _ in range(12):
            await ask(client)
            await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "how keys fared"))
            versions.add(file.read_text())
            await clock.advance(10)
    assert len(versions) == 2


async def test_a_file_that_cannot_be_written_costs_no_request(
    server: RecordingServer, opened: Open, tmp_path: Path
) -> None:
    file = tmp_path / "auth-profiles.json"
    store_key(file, ONE)
    profiles = read_profiles(file)
    file.write_text("{")
    server.on(POST, by_key({}))
    async with opened(profiles=profiles) as client:
        await ask(client)
    assert file.read_text() == "{"


def whole(text: str, clock: FakeClock, environ: dict[str, str]) -> AbstractAsyncContextManager[OpenRouter]:
    return open_openrouter(parse(text), Profiles(), environ, blobs=Shelf(), state_dir=None, clock=clock)


@pytest.mark.parametrize(
    ("more", "environ", "seen"),
    [
        ("", {"OPENROUTER_API_KEY": "mine"}, ["mine", "spare-one", "spare-two"]),
        ("apiKey: 'theirs', ", {}, ["theirs"]),
    ],
)
async def test_a_host_with_a_key_of_its_own_gets_no_spare_key(
    server: RecordingServer, clock: FakeClock, more: str, environ: dict[str, str], seen: list[str]
) -> None:
    server.on(POST, LIMITED)
    text = f"{{models: {{providers: {{openrouter: {{ {more}baseUrl: '{server.base_url}' }}}}}}}}"
    async with whole(text, clock, {**SPARES, **environ}) as provider:
        with pytest.raises(ProviderBusy):
            await ask(provider.client)
    assert keys_seen(server) == seen


async def test_a_question_is_answered_although_the_first_stored_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "auth-profiles.json"
    async with Sandbox() as sandbox:
        store_key(file, StoredKey("openrouter:good", key=sandbox.key))
        store_key(file, StoredKey("openrouter:bad", key="wrong-key"))
        config = parse(f"{{models: {{providers: {{openrouter: {{baseUrl: '{sandbox.base_url}'}}}}}}}}")
        async with open_openrouter(
            config, read_profiles(file), {}, blobs=Shelf(), state_dir=None, clock=SystemClock()
        ) as provider:
            events = [event async for event in provider.chat.stream(ChatRequest("openrouter/auto", (User("Hi"),)))]

    assert isinstance(events[-1], Finished)
    bad, good = (read_profiles(file).get(f"openrouter:{name}") for name in ("bad", "good"))
    assert bad is not None and (bad.use.errors, bad.use.last_used_ms) == (1, 0)
    assert good is not None and good.use.errors == 0 < good.use.last_used_ms
