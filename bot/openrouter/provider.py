"""OpenRouter as a whole: every capability the configuration asks for, over connections that close together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.config.keys import model_key, speech_key
from bot.config.model import Config
from bot.config.profiles import Profiles
from bot.core.ports import Blobs, Clock
from bot.media.images import measure
from bot.net.guard import Guard
from bot.openrouter import configured
from bot.openrouter.catalog import Catalog
from bot.openrouter.chat import OpenRouterChat
from bot.openrouter.client import OpenRouterClient
from bot.openrouter.images import OpenRouterImages
from bot.openrouter.music import OpenRouterMusic
from bot.openrouter.route import Route
from bot.openrouter.speech import OpenRouterSynthesizer
from bot.openrouter.transcription import OpenRouterTranscriber
from bot.openrouter.videos import OpenRouterVideos

CATALOG_FILE = "openrouter-models.json"


@dataclass(frozen=True, slots=True)
class OpenRouter:
    """Every capability. `transcriber` is None when listening is switched off."""

    chat: OpenRouterChat
    transcriber: OpenRouterTranscriber | None
    synthesizer: OpenRouterSynthesizer
    images: OpenRouterImages
    videos: OpenRouterVideos
    music: OpenRouterMusic
    catalog: Catalog
    client: OpenRouterClient


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
    now_ms = int(time.time() * 1000)
    key = model_key(config, profiles, environ, now_ms=now_ms)
    spoken = speech_key(config, profiles, environ, now_ms=now_ms)
    async with AsyncExitStack() as stack:
        route = configured.route(config, key.key if key else "")
        guard = await stack.enter_async_context(Guard(allow_private=private_origins(config, route)))

        async def client(of: Route) -> OpenRouterClient:
            return await stack.enter_async_context(OpenRouterClient(of, clock=clock, public=guard))

        main = await client(route)
        voice = configured.route(config, spoken.key if spoken else "", config.speech.providers.openrouter.base_url)
        elsewhere = {
            entry.base_url: await client(configured.route(config, route.key, entry.base_url, entry.headers))
            for entry in config.tools.media.audio.models
            if entry.base_url
        }
        catalog = Catalog(
            main,
            clock=clock,
            path=state_dir / CATALOG_FILE if state_dir else None,
            overrides=configured.catalog_overrides(config),
        )

        async def outputs(slug: str) -> tuple[str, ...]:
            facts = await catalog.facts(slug)
            return facts.outputs if facts.known else ()

        yield OpenRouter(
            chat=OpenRouterChat(main, configured.chat_settings(config), catalog=catalog, blobs=blobs, clock=clock),
            transcriber=OpenRouterTranscriber(main, configured.transcription_settings(config), elsewhere=elsewhere)
            if config.tools.media.audio.enabled
            else None,
            synthesizer=OpenRouterSynthesizer(await client(voice), configured.speech_settings(config.speech)),
            images=OpenRouterImages(
                main, configured.image_settings(config), blobs=blobs, measure=measure, outputs=outputs
            ),
            videos=OpenRouterVideos(main, configured.video_settings(config), blobs=blobs, clock=clock),
            music=OpenRouterMusic(main, configured.music_settings(config), blobs=blobs),
            catalog=catalog,
            client=main,
        )


def private_origins(config: Config, route: Route) -> tuple[str, ...]:
    """The provider's own origin, where the operator put it into a private network."""
    if route.verified or not config.models.providers.openrouter.request.allow_private_network:
        return ()
    parts = urlsplit(route.base_url)
    return (f"{parts.scheme}://{parts.netloc}",)
