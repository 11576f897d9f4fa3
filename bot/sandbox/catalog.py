"""The models the sandbox knows, in the shape of GET /models. Prices are dollars a token, as decimal text."""

from __future__ import annotations

from bot.sandbox.wire import Json, Rejected

CHAT_PARAMETERS = (
    "frequency_penalty", "include_reasoning", "max_tokens", "presence_penalty", "reasoning", "response_format",
    "seed", "stop", "structured_outputs", "temperature", "tool_choice", "tools", "top_p",
)  # fmt: skip
PLAIN_PARAMETERS = ("max_tokens", "seed", "temperature", "top_p")
CREATED = 1767225600  # 2026-01-01


FREE = ("0", "0", "0")


def _row(
    slug: str, name: str, shape: str, *, prices: tuple[str, str, str] = FREE, window: int = 200000,
    most: int | None = 8192,
) -> Json:  # fmt: skip
    """A model that takes no tools. `shape` is its inputs and outputs, `prices` those of prompt, completion and cached
    prompt, `window` its context in tokens, `most` the tokens of an answer."""
    inputs, outputs = (side.split("+") for side in shape.split("->"))
    return {
        "id": slug,
        "canonical_slug": slug,
        "name": name,
        "created": CREATED,
        "description": f"{name}, played by the Voxline sandbox.",
        "context_length": window,
        "architecture": {
            "modality": shape,
            "input_modalities": inputs,
            "output_modalities": outputs,
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {
            "prompt": prices[0],
            "completion": prices[1],
            "input_cache_read": prices[2],
            "request": "0",
            "image": "0",
        },
        "top_provider": {"context_length": window, "max_completion_tokens": most, "is_moderated": False},
        "per_request_limits": None,
        "supported_parameters": list(PLAIN_PARAMETERS),
        "supported_voices": None,
        "default_parameters": None,
        "links": {"details": f"/api/v1/models/{slug}/endpoints"},
    }


def _with_tools(row: Json) -> Json:
    """The row of a chat model that takes every parameter."""
    return row | {"supported_parameters": list(CHAT_PARAMETERS)}


def _with_voices(row: Json, voices: tuple[str, ...]) -> Json:
    """The row of a speech model with these voices."""
    return row | {"supported_voices": list(voices)}


VOICES = (
    "af_alloy", "af_aoede", "af_bella", "af_heart", "af_jessica", "af_kore", "af_nicole", "af_nova", "af_river",
    "af_sarah", "af_sky", "am_adam", "am_echo", "am_eric", "am_fenrir", "am_liam", "am_michael", "am_onyx", "am_puck",
    "bf_alice", "bf_emma", "bf_isabella", "bf_lily", "bm_daniel", "bm_fable", "bm_george", "bm_lewis",
    "ef_dora", "em_alex", "ff_siwis", "hf_alpha", "hm_omega", "if_sara", "im_nicola", "pf_dora", "pm_alex",
)  # fmt: skip
OPENAI_VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer")

ROWS: tuple[Json, ...] = (
    _with_tools(_row("openrouter/auto", "Auto Router", "text+image->text", window=2000000, most=None)),
    _with_tools(_row("openrouter/fusion", "Fusion Router", "text->text")),
    _with_tools(_row("moonshotai/kimi-k2.6", "Kimi K2.6", "text+image->text",
         prices=("0.0000008", "0.0000035", "0.0000002"), window=262144, most=262144)),
    _with_tools(_row("moonshotai/kimi-k2.5", "Kimi K2.5", "text+image->text",
         prices=("0.00000044", "0.000002", "0.00000022"), window=262144, most=262144)),
    _with_tools(_row("anthropic/claude-sonnet-4.6", "Claude Sonnet 4.6", "text+image->text",
         prices=("0.000003", "0.000015", "0.0000003"), window=1000000, most=64000)),
    _with_tools(_row("anthropic/claude-sonnet-4-6", "Claude Sonnet 4.6", "text+image->text",
         prices=("0.000003", "0.000015", "0.0000003"), window=1000000, most=64000)),
    _with_tools(_row("google/gemini-3.5-flash", "Gemini 3.5 Flash", "text+image+audio->text",
         prices=("0.0000005", "0.000003", "0.00000005"), window=1048576, most=65536)),
    _with_tools(_row("openai/gpt-5.4-mini", "GPT-5.4 Mini", "text+image->text",
         prices=("0.0000004", "0.000002", "0.00000004"), window=400000, most=128000)),
    _with_tools(_row("deepseek/deepseek-v4-pro", "DeepSeek V4 Pro", "text->text",
         prices=("0.0000005", "0.000002", "0.00000005"), window=163840, most=65536)),
    _with_tools(_row("deepseek/deepseek-v4-flash", "DeepSeek V4 Flash", "text->text",
         prices=("0.0000001", "0.0000004", "0.00000001"), window=163840, most=65536)),
    _with_tools(_row("mistralai/mistral-small-3.2", "Mistral Small 3.2", "text->text",
         prices=("0.0000001", "0.0000003", "0"), window=131072)),
    _row("google/gemini-3.1-flash-image-preview", "Gemini 3.1 Flash Image", "text+image->text+image",
         prices=("0.0000005", "0.000003", "0"), window=65536, most=65536),
    _row("google/gemini-3-pro-image-preview", "Gemini 3 Pro Image", "text+image->text+image",
         prices=("0.000002", "0.000012", "0"), window=65536, most=32768),
    _row("openai/gpt-5.4-image-2", "GPT-5.4 Image 2", "text+image->text+image",
         prices=("0.000005", "0.00001", "0"), window=400000, most=128000),
    _row("black-forest-labs/flux.2-pro", "FLUX.2 Pro", "text+image->image", window=46864, most=None),
    _row("google/veo-3.1-fast", "Veo 3.1 Fast", "text+image->video", window=1024, most=None),
    _row("google/lyria-3-pro-preview", "Lyria 3 Pro", "text+image->text+audio", window=1048576, most=65536),
    _row("google/lyria-3-clip-preview", "Lyria 3 Clip", "text+image->text+audio", window=1048576, most=65536),
    _with_voices(_row("hexgrad/kokoro-82m", "Kokoro 82M", "text->speech",
         prices=("0.00000062", "0", "0"), window=4096, most=None), VOICES),
    _with_voices(_row("openai/gpt-4o-mini-tts", "GPT-4o mini TTS", "text->speech",
         prices=("0.0000006", "0", "0"), window=2000, most=None), OPENAI_VOICES),
    _row("openai/whisper-large-v3-turbo", "Whisper Large V3 Turbo", "audio->transcription", window=0, most=None),
    _row("openai/whisper-1", "Whisper 1", "audio->transcription", window=0, most=None),
)  # fmt: skip
BY_SLUG = {row["id"]: row for row in ROWS}

VIDEO_ROWS: tuple[Json, ...] = (
    {
        "id": "google/veo-3.1-fast",
        "canonical_slug": "google/veo-3.1-fast",
        "name": "Veo 3.1 Fast",
        "created": CREATED,
        "allowed_passthrough_parameters": ["negativePrompt"],
        "creativity": None,
        "generate_audio": True,
        "seed": True,
        "supported_aspect_ratios": ["16:9", "9:16"],
        "supported_durations": [4, 6, 8],
        "supported_frame_images": ["first_frame", "last_frame"],
        "supported_resolutions": ["720p", "1080p"],
        "supported_sizes": ["1280x720", "720x1280", "1920x1080", "1080x1920"],
        "upscale_factor": None,
        "pricing_skus": {"duration_seconds_with_audio": "0.15", "duration_seconds_without_audio": "0.10"},
    },
)


def find(slug: object) -> Json:
    """The row of this slug, with or without a variant such as :free. Raises `Rejected` 400 or 404."""
    if not isinstance(slug, str) or not slug:
        raise Rejected(400, "No models provided")
    row = BY_SLUG.get(slug) or BY_SLUG.get(slug.split(":")[0])
    if row is None:
        raise Rejected(404, f"No endpoints found for {slug}.")
    return row


def outputs(row: Json) -> list[str]:
    """What the model can put out: text, image, audio, video, speech, transcription."""
    made: list[str] = row["architecture"]["output_modalities"]
    return made
