"""`voxline infer image|video|music|speech|transcribe`: one paid request, its result as files."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cli.envelope import CommandAnswer, show
from bot.cli.exit_codes import WrongUsage
from bot.cli.media_files import ResultPath, frame_from, picture_from, sound_from, written
from bot.cli.one_shot import OneShot, open_one_shot
from bot.cli.setup import add_places, open_setup
from bot.cli.subcommands import Group
from bot.core.clock import SystemClock
from bot.core.errors import BadAnswer, MediaError, ProviderBusy, ProviderError
from bot.core.media import Clip, Frame, ImageRequest, SongRequest, Sound, VideoJob, VideoRequest, VideoState
from bot.core.ports.clock import Clock
from bot.core.ports.models import VideoGenerator
from bot.openrouter.images.generate import picture_name

SECONDS_BETWEEN_POLLS = 5.0
FAILURES_AT_MOST = 10


ROLES = ("first_frame", "last_frame", "reference_image")

Work = Callable[[argparse.Namespace, OneShot], Awaitable[CommandAnswer]]


def add(capabilities: Group) -> None:
    """The commands that draw, film, compose, speak and listen."""
    _image(_generate(capabilities, "image", "draw pictures, or change some"))
    _video(_generate(capabilities, "video", "render a clip, and wait for it"))
    _music(_generate(capabilities, "music", "compose a song"))

    spoken = capabilities.add("speech", "say a text")
    spoken.add_argument("--text", required=True, help="what to say")
    spoken.add_argument("--voice", default="", metavar="NAME", help="whose voice (default: the configured one)")
    spoken.add_argument("--model", default="", metavar="REF", help="which model (default: the configured one)")
    spoken.add_argument("--speed", type=float, metavar="FACTOR", help="1 is as people speak")
    spoken.add_argument("--timeout-ms", type=number, metavar="MS", help="how long it may take")
    _options(spoken, speech, "speech")

    heard = capabilities.add("transcribe", "print what is said in a recording")
    heard.add_argument("file", metavar="FILE", help="a recording in any usual format")
    heard.add_argument("--language", default="", metavar="CODE", help="such as en or de (default: told by the model)")
    _options(heard, transcribe, "audio.transcribe", writes=False)


def _generate(capabilities: Group, name: str, purpose: str) -> argparse.ArgumentParser:
    parser = Group(capabilities.add(name, purpose)).add("generate", purpose)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what to make")
    parser.add_argument("--model", default="", metavar="REF", help="which model (default: the configured ones)")
    parser.add_argument("--timeout-ms", type=number, metavar="MS", help="how long it may take")
    return parser


def _image(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=number, default=1, metavar="N", help="how many, 1 to 4")
    parser.add_argument("--aspect-ratio", default="", metavar="W:H", help="such as 16:9")
    parser.add_argument("--resolution", default="", metavar="NAME", help="1K, 2K or 4K")
    parser.add_argument(
        "--image", action="append", default=[], metavar="SOURCE", help="file, link or data: address; 5 at most"
    )
    _options(parser, image, "image.generate")


def _video(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="the model's nearest length is taken")
    parser.add_argument("--resolution", default="", metavar="NAME", help="such as 720P or 1080P")
    parser.add_argument("--aspect-ratio", default="", metavar="W:H", help="such as 16:9")
    parser.add_argument("--size", default="", metavar="WxH", help="in pixels")
    parser.add_argument("--audio", action=argparse.BooleanOptionalAction, help="with sound or without")
    parser.add_argument("--image", action="append", default=[], metavar="SOURCE", help="to begin, end or follow")
    parser.add_argument(
        "--image-role", action="append", default=[], choices=ROLES, help="what the image of the same place is"
    )
    _options(parser, video, "video.generate")


def _music(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lyrics", default="", metavar="TEXT", help="what is sung")
    parser.add_argument("--instrumental", action="store_true", help="nobody sings")
    parser.add_argument("--duration", type=number, metavar="SECONDS", help="180 at most")
    parser.add_argument("--format", default="", choices=("wav", "mp3"), help="(default: as the model likes)")
    parser.add_argument("--image", default="", metavar="SOURCE", help="to be inspired by")
    _options(parser, music, "music.generate")


def _options(parser: argparse.ArgumentParser, work: Work, capability: str, *, writes: bool = True) -> None:
    if writes:
        parser.add_argument("--out", default="", metavar="PATH", help="a folder, or the file (default: this folder)")
    parser.add_argument("--progress", action="store_true", help="say how far it is, also when nobody watches")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_places(parser)
    parser.set_defaults(run=lambda args: run(args, work, capability))


def run(args: argparse.Namespace, work: Work, capability: str) -> int:
    """Runs one capability and prints its result; returns the exit status."""
    words = getattr(args, "prompt", None) or getattr(args, "text", None)
    if words is not None and not words.strip():
        raise WrongUsage("There is nothing to work on: the text is empty.")
    setup = open_setup(args)

    async def begin() -> CommandAnswer:
        async with open_one_shot(setup, spoken=work is speech) as one_shot:
            return await work(args, one_shot)

    try:
        answered = asyncio.run(begin())
    except (ProviderError, MediaError) as error:
        answered = CommandAnswer(capability, getattr(args, "model", ""), error=str(error))
    return show(answered, as_json=args.json)


async def image(args: argparse.Namespace, one_shot: OneShot) -> CommandAnswer:
    """Pictures, each in its own file."""
    request = ImageRequest(
        prompt=args.prompt,
        model=args.model,
        references=tuple([await picture_from(name, one_shot) for name in args.image]),
        count=args.count,
        aspect_ratio=args.aspect_ratio,
        resolution=args.resolution.upper(),
        timeout_seconds=_seconds(args),
    )
    drawn = await one_shot.provider.images.draw(request)
    place = ResultPath(args.out)
    files = [
        await written(place, Sound(picture.data, picture.mime, picture_name(nth, picture.mime)))
        for nth, picture in enumerate(drawn.pictures, 1)
    ]
    progress(
        args, f"ignored, because the model has no such setting: {', '.join(drawn.ignored)}" if drawn.ignored else ""
    )
    return CommandAnswer("image.generate", drawn.model, tuple(files), cost_microusd=drawn.cost_microusd)


async def video(args: argparse.Namespace, one_shot: OneShot) -> CommandAnswer:
    """A clip as a file, or its address when it is larger than `agents.defaults.mediaMaxMb`."""
    if len(args.image_role) > len(args.image):
        raise WrongUsage("There are more --image-role than --image.")
    roles = [*args.image_role, *[""] * len(args.image)]
    request = VideoRequest(
        prompt=args.prompt,
        model=args.model,
        frames=tuple([await frame_from(name, role, one_shot) for name, role in zip(args.image, roles, strict=False)]),
        duration_seconds=args.duration,
        resolution=args.resolution,
        aspect_ratio=args.aspect_ratio,
        size=args.size,
        audio=args.audio,
        timeout_seconds=_seconds(args),
    )
    made = await rendered(
        one_shot.provider.videos,
        request,
        clock=SystemClock(),
        seconds=request.timeout_seconds or one_shot.clip_seconds,
        tell=lambda text: progress(args, text),
    )
    if made.clip.sound is None:
        return CommandAnswer("video.generate", made.model, ({"url": made.clip.url},), cost_microusd=made.cost_microusd)
    file = await written(ResultPath(args.out), made.clip.sound)
    return CommandAnswer("video.generate", made.model, (file,), cost_microusd=made.cost_microusd)


async def music(args: argparse.Namespace, one_shot: OneShot) -> CommandAnswer:
    """A song as a file, with its words."""
    progress(args, "composing; this takes a minute or two")
    shown = await frame_from(args.image, "", one_shot) if args.image else Frame(None)
    song = await one_shot.provider.music.compose(
        SongRequest(
            prompt=args.prompt,
            model=args.model,
            lyrics=args.lyrics,
            instrumental=args.instrumental,
            duration_seconds=args.duration,
            picture=shown.blob,
            picture_url=shown.url,
            format=args.format,
            timeout_seconds=_seconds(args),
        )
    )
    file = await written(ResultPath(args.out), song.sound)
    words = {"lyrics": song.lyrics} if song.lyrics else {}
    return CommandAnswer("music.generate", song.model, ({**file, **words},), cost_microusd=song.cost_microusd)


async def speech(args: argparse.Namespace, one_shot: OneShot) -> CommandAnswer:
    """A text as a sound file."""
    synthesizer = one_shot.provider.synthesizer
    if synthesizer is None:
        raise one_shot.provider.notes[-1]
    spoken = await synthesizer.speak(
        args.text, voice=args.voice, model=args.model, speed=args.speed, timeout_seconds=_seconds(args)
    )
    return CommandAnswer(
        "speech", spoken.model, (await written(ResultPath(args.out), spoken.sound),), cost_microusd=spoken.cost_microusd
    )


async def transcribe(args: argparse.Namespace, one_shot: OneShot) -> CommandAnswer:
    """What is said in a recording. It is checked and normalised first, like a voice note."""
    transcriber = one_shot.provider.transcriber
    if transcriber is None:
        raise WrongUsage("Listening is switched off: tools.media.audio.enabled is false.")
    sound = await one_shot.media.for_transcription(await sound_from(args.file, one_shot))
    if sound is None:
        raise MediaError("Nobody speaks in that recording.")
    transcript = await transcriber.transcribe(sound, language=args.language)
    return CommandAnswer(
        "audio.transcribe", transcript.model, ({"text": transcript.text},), cost_microusd=transcript.cost_microusd
    )


def progress(args: argparse.Namespace, text: str) -> None:
    """Prints a line of progress on standard error, where a person watches or asked for it."""
    if text and (args.progress or sys.stderr.isatty()):
        print(f"… {text}", file=sys.stderr, flush=True)


def _seconds(args: argparse.Namespace) -> float | None:
    return None if args.timeout_ms is None else float(args.timeout_ms) / 1000


def number(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished clip, the model that made it, and what it cost."""

    clip: Clip
    model: str
    cost_microusd: int | None


async def rendered(
    videos: VideoGenerator, request: VideoRequest, *, clock: Clock, seconds: float, tell: Callable[[str], None]
) -> Rendered:
    """Submits once, then asks until the clip is there. `tell` hears how far it is.

    Raises `ProviderError`; after `seconds` the job's id is named, because it may go on and be billed.
    """
    job = await videos.submit(request)
    tell(f"job {job.id} at {job.model}")
    if job.ignored:
        tell(f"ignored, because the model has no such setting: {', '.join(job.ignored)}")
    state = await _done(videos, job, clock, seconds, tell)
    return Rendered(await videos.download(job, state), job.model, state.cost_microusd)


async def _done(
    videos: VideoGenerator, job: VideoJob, clock: Clock, seconds: float, tell: Callable[[str], None]
) -> VideoState:
    began, failures = clock.monotonic(), 0
    while (waited := clock.monotonic() - began) < seconds:
        try:
            state = await videos.poll(job, seconds=seconds - waited)
        except ProviderBusy:
            failures += 1
            if failures >= FAILURES_AT_MOST:
                raise
        else:
            failures = 0
            if state.done:
                return state
        tell(f"rendering for {waited:.0f} s")
        await clock.sleep(SECONDS_BETWEEN_POLLS)
    raise BadAnswer(f"The clip timed out after {seconds * 1000:.0f}ms. Job {job.id} may go on, and be billed.")
