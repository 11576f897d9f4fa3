"""Provider assembly: every capability the configuration asks for, over connections that close together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.keys import CONFIG_PATH, SPEECH_PATH, FoundKey, model_keys, spare_keys, speech_key
from bot.config.model import Config
from bot.config.network import proxy_rules
from bot.config.profiles import Profiles
from bot.config.speech import AudioModel
from bot.core.errors import ConfigError, KeyRefused
from bot.core.ports.clock import Clock
from bot.core.ports.store import Blobs
from bot.media.images import measure
from bot.net.ssrf_guard import SsrfGuard
from bot.openrouter import configured
from bot.openrouter.audio.music import OpenRouterMusic
from bot.openrouter.audio.speech import OpenRouterSynthesizer
from bot.openrouter.audio.transcription import OpenRouterTranscriber
from bot.openrouter.catalog import Catalog
from bot.openrouter.chat.completions import OpenRouterChat
from bot.openrouter.chat.pseudonyms import read_pseudonyms
from bot.openrouter.http.client import NO_KEY, OpenRouterClient
from bot.openrouter.http.key_rotation import KeyBook, KeyRotation
from bot.openrouter.http.route import Route
from bot.openrouter.images.generate import OpenRouterImages, outputs_of
from bot.openrouter.videos.generate import OpenRouterVideos

CATALOG_FILE = "openrouter-models.json"
KEYLESS = (
    "There is no model key, so no model answers. Run `voxline onboard`, or set OPENROUTER_API_KEY"
    " (keys are made at openrouter.ai/keys), then start again."
)
NO_VOICE = "I cannot speak: the owner of this bot needs to look at the key for speech."


@dataclass(frozen=True, slots=True)
class OpenRouter:
    """Every capability. `transcriber` is None when listening is switched off, `synthesizer` when there is no key for
    speech. `notes` are what does not work, and why; none when everything can."""

    chat: OpenRouterChat
    transcriber: OpenRouterTranscriber | None
    synthesizer: OpenRouterSynthesizer | None
    images: OpenRouterImages
    videos: OpenRouterVideos
    music: OpenRouterMusic
    catalog: Catalog
    client: OpenRouterClient
    notes: tuple[KeyRefused, ...] = ()


@asynccontextmanager
async def open_openrouter(
    config: Config,
    profiles: Profiles,
    environ: Mapping[str, str],
    *,
    blobs: Blobs,
    state_dir: Path | None,
    clock: Clock,
) -> AsyncIterator[OpenRouter]:
    """OpenRouter as configured. Without a key it opens all the same, and every call raises `KeyRefused`.

    `state_dir` is where the model list is kept between runs. Raises `ConfigError`."""
    now_ms = int(clock.now().timestamp() * 1000)
    keys = model_keys(config, profiles, environ, now_ms=now_ms)
    spoken, silent = speaking(config, profiles, environ, now_ms)
    async with AsyncExitStack() as stack:
        route = configured.route(config, keys[0].key if keys else "")
        guard = await stack.enter_async_context(SsrfGuard(allow_private=private_origins(config, route)))
        book = await stack.enter_async_context(KeyBook(profiles, clock=clock))

        async def client(base_url: str | None, tried: Sequence[FoundKey], spares: bool = True) -> OpenRouterClient:
            """A client for this base URL (None: the main one) that rotates these keys."""
            of = configured.route(config, tried[0].key if tried else "", base_url)
            ring = KeyRotation(tried, book=book, spares=spares_for(of, route, tried, environ) if spares else ())
            return await stack.enter_async_context(
                OpenRouterClient(of, clock=clock, public=guard, keys=ring, proxies=proxy_rules(config.network, environ))
            )

        main = await client(None, keys)
        pseudonyms = await asyncio.to_thread(read_pseudonyms, state_dir)
        chat_settings = replace(configured.chat_settings(config), pseudonyms=pseudonyms)
        elsewhere = {
            place: await client(entry.base_url, own_key(entry, profiles, environ) or keys, spares=False)
            for entry in config.tools.media.audio.models
            if (place := configured.place(entry))
        }
        catalog = catalog_of(config, main, state_dir, clock)
        yield OpenRouter(
            chat=OpenRouterChat(main, chat_settings, catalog=catalog, blobs=blobs, clock=clock),
            transcriber=OpenRouterTranscriber(main, configured.transcription_settings(config), elsewhere=elsewhere)
            if config.tools.media.audio.enabled
            else None,
            synthesizer=None
            if spoken is None
            else OpenRouterSynthesizer(
                await client(config.speech.providers.openrouter.base_url, keys if spoken.profile else (spoken,)),
                configured.speech_settings(config.speech),
            ),
            images=OpenRouterImages(
                main, configured.image_settings(config), blobs=blobs, measure=measure, outputs=outputs_of(catalog)
            ),
            videos=OpenRouterVideos(main, configured.video_settings(config), blobs=blobs, clock=clock),
            music=OpenRouterMusic(main, configured.music_settings(config), blobs=blobs),
            catalog=catalog,
            client=main,
            notes=(() if keys else (KeyRefused(KEYLESS, tell=NO_KEY),)) + silent,
        )


def catalog_of(config: Config, client: OpenRouterClient, state_dir: Path | None, clock: Clock) -> Catalog:
    """The model list of this client's host, kept in the state directory."""
    path = state_dir / CATALOG_FILE if state_dir else None
    return Catalog(client, clock=clock, path=path, overrides=configured.catalog_overrides(config))


def speaking(
    config: Config, profiles: Profiles, environ: Mapping[str, str], now_ms: int
) -> tuple[FoundKey | None, tuple[KeyRefused, ...]]:
    """The key for speech. One that points nowhere takes only the voice away: what is written still gets there."""
    try:
        return speech_key(config, profiles, environ, now_ms=now_ms), ()
    except ConfigError as error:
        return None, (KeyRefused(f"Answers are not spoken: {error}", tell=NO_VOICE),)


def spares_for(of: Route, main: Route, keys: Sequence[FoundKey], environ: Mapping[str, str]) -> tuple[FoundKey, ...]:
    """The spare keys of the environment that may be sent there: they are keys of OpenRouter, so a host that was given
    a key of its own in the file gets none of them."""
    same = of.base_url == main.base_url and any(key.where not in (CONFIG_PATH, SPEECH_PATH) for key in keys)
    return spare_keys(environ) if of.verified or same else ()


def own_key(entry: AudioModel, profiles: Profiles, environ: Mapping[str, str]) -> tuple[FoundKey, ...]:
    """The key that an entry of tools.media.audio.models names, none when it names none. Raises `ConfigError`."""
    if not entry.profile:
        return ()
    stored = profiles.get(entry.profile)
    if stored is None or not (key := stored.text(environ)):
        raise ConfigError(
            f"there is no stored key {entry.profile!r}",
            path="tools.media.audio.models[].profile",
            fix=f"Store it: `voxline models auth login --profile-id {entry.profile}`, or leave the line out.",
        )
    return (FoundKey(key, stored.where, stored.id),)


def private_origins(config: Config, route: Route) -> tuple[str, ...]:
    """The provider's own origin, where the operator put it into a private network."""
    if route.verified or not config.models.providers.openrouter.request.allow_private_network:
        return ()
    parts = urlsplit(route.base_url)
    return (f"{parts.scheme}://{parts.netloc}",)
