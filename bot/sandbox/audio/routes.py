"""The routes /audio/speech and /audio/transcriptions."""

from __future__ import annotations

import base64
import binascii

from aiohttp import web

from bot.sandbox.audio.conversion import FORMATS, as_mp3, hearable, resampled
from bot.sandbox.catalog import find, outputs
from bot.sandbox.state import ApiCall, Routes, SandboxState
from bot.sandbox.wire import Json, Rejected, generation_id, usage_of

SPEECH_RATE = 24000
CHARACTERS_AT_MOST = 4096
TRANSCRIPT_DOLLARS_A_SECOND = 0.04 / 3600


def routes(sandbox: SandboxState) -> Routes:
    """Speech and transcription."""

    async def speech(call: ApiCall) -> web.Response:
        body: Json = call.body
        row, text, form = check_speech(body)
        samples, rate = await sandbox.synthesizer.speak(
            text, body.get("voice") or "af_alloy", float(body.get("speed") or 1.0)
        )
        answer_id = generation_id()
        sandbox.record(answer_id, row["id"], usage_of(row, text, "").as_json())
        headers = {"X-Generation-Id": answer_id}
        if form == "mp3":
            return web.Response(body=await as_mp3(samples, rate), content_type="audio/mpeg", headers=headers)
        kind = f"audio/pcm;rate={SPEECH_RATE};channels=1"
        made = await resampled(samples, rate, SPEECH_RATE)
        return web.Response(body=made, headers=headers | {"Content-Type": kind})

    async def transcriptions(call: ApiCall) -> web.Response:
        body: Json = call.body
        row, sound = check_transcription(body)
        samples = await hearable(sound)
        seconds = round(len(samples) / 32000, 3)
        text = await sandbox.recognizer.hear(samples)
        usage = {"seconds": seconds, "cost": round(seconds * TRANSCRIPT_DOLLARS_A_SECOND, 8)}
        answer_id = generation_id()
        sandbox.record(answer_id, row["id"], usage)
        return web.json_response({"text": text, "usage": usage}, headers={"X-Generation-Id": answer_id})

    return {
        "POST /audio/speech": speech,
        "POST /audio/transcriptions": transcriptions,
    }


def check_speech(body: Json) -> tuple[Json, str, str]:
    """The model's row, the text and the format. Raises `Rejected`. Source: OpenRouter docs, text to speech."""
    row = find(body.get("model"))
    if "speech" not in outputs(row):
        raise Rejected(404, f"No endpoints found that support the requested output modalities: speech ({row['id']})")
    text = body.get("input")
    if not isinstance(text, str) or not text.strip():
        raise Rejected(400, "input: text is required")
    if len(text) > CHARACTERS_AT_MOST:
        raise Rejected(400, f"input: {len(text)} characters; {CHARACTERS_AT_MOST} at most")
    form = body.get("response_format", "pcm")
    if form not in ("mp3", "pcm"):
        raise Rejected(400, f"response_format: {form!r} is not one of mp3, pcm")
    voice = body.get("voice")
    if voice is not None and voice not in row["supported_voices"]:
        raise Rejected(400, f"voice: {voice!r} is not a voice of {row['id']}")
    speed = body.get("speed")
    if speed is not None and (not isinstance(speed, int | float) or not 0.25 <= speed <= 4):
        raise Rejected(400, f"speed: {speed!r} is not between 0.25 and 4")
    return row, text, form


def check_transcription(body: Json) -> tuple[Json, bytes]:
    """The model's row and the sound. Raises `Rejected`. Source: OpenRouter docs, speech to text."""
    row = find(body.get("model"))
    if "transcription" not in outputs(row):
        raise Rejected(404, f"{row['id']} does not transcribe")
    sound_input = body.get("input_audio")
    if not isinstance(sound_input, dict) or not isinstance(sound_input.get("data"), str):
        raise Rejected(400, "input_audio: an object with data and format is required")
    if sound_input.get("format") not in FORMATS:
        raise Rejected(400, f"input_audio.format: {sound_input.get('format')!r} is not one of {', '.join(FORMATS)}")
    if sound_input["data"].startswith("data:"):
        raise Rejected(400, "input_audio.data: raw base64 is expected, without a data: prefix")
    try:
        sound = base64.b64decode(sound_input["data"], validate=True)
    except (binascii.Error, ValueError):
        raise Rejected(400, "input_audio.data: not base64") from None
    if not sound:
        raise Rejected(400, "input_audio.data: empty")
    return row, sound
