"""The tools that start clips and songs. The work outlives the turn; its result is delivered later, as a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bot.core.jobs import Job, JobState
from bot.core.media import LONGEST_SONG_SECONDS, Frame, SongRequest, VideoRequest
from bot.core.messages import Blob, Conversation
from bot.core.ports.clock import Clock
from bot.core.steps import ToolOutcome
from bot.tools import arguments
from bot.tools.pictures import ImageSources, is_link, named, require_own_words
from bot.tools.spec import FLAG, TEXT, WHOLE, choice, described, spec, texts
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed, free

FRAMES_AT_MOST = 9
PICTURES_AT_MOST = 10
ROLES = ("first_frame", "last_frame", "reference_image")
FORMATS = ("wav", "mp3")
ACTIONS = ("generate", "status", "list")
OPTIONS = ("seed", "callback_url")
NOT_PICTURES = ("video", "videos", "audioRef", "audioRefs")

ALREADY = (
    "The same request was started before, so it is not started again. Its result, or why there is none, comes to the "
    "chat by itself. Tell the person so."
)
BUSY = (
    "Not started: this chat makes one {kind} at a time, and one is being made ({running}). Tell the person; /jobs "
    "shows and cancels it."
)
CLIPS_OFFERED = (
    f"One clip of a prompt, from up to 4 pictures. imageRoles: {', '.join(ROLES)}. "
    f"aspectRatio: {', '.join(arguments.RATIOS)}. providerOptions: {', '.join(OPTIONS)}. "
    "Duration, shape and resolution become the nearest that the model has."
)
SONGS_OFFERED = f"One song of at most 180 seconds, from words and one picture. format: {', '.join(FORMATS)}."
STARTED = (
    "Started. It takes a while and will be delivered to the chat by itself; the person can go on writing meanwhile."
)

VIDEO = spec(
    "video_generate",
    "Make a short video clip. It runs in the background and is delivered later.",
    action=choice(*ACTIONS),
    prompt=TEXT,
    durationSeconds=WHOLE,
    aspectRatio=TEXT,
    resolution=TEXT,
    size=TEXT,
    audio=FLAG,
    useImages=described("Start from the person's picture(s).", FLAG),
    image=TEXT,
    images=texts("As in image_generate."),
    imageRoles=texts(of=choice(*ROLES)),
    model=TEXT,
    providerOptions=described("seed", {"type": "object"}),
    timeoutMs=WHOLE,
)

MUSIC = spec(
    "music_generate",
    "Compose a song or music. It runs in the background and is delivered later.",
    action=choice(*ACTIONS),
    prompt=TEXT,
    lyrics=TEXT,
    instrumental=FLAG,
    durationSeconds=WHOLE,
    format=choice(*FORMATS),
    useImage=described("Let the person's picture inspire it.", FLAG),
    image=TEXT,
    images=texts(),
    model=TEXT,
)


@dataclass(frozen=True, slots=True)
class Begun:
    """How a start went: `instead` is the job that forbids it, None when the new one was started. `ignored` names
    wishes that the model cannot follow, `changed` says which were fitted to what it can."""

    instead: Job | None = None
    ignored: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


class Starter(Protocol):
    """Where jobs are started."""

    async def start_video(self, job: Job) -> Begun: ...
    async def start_song(self, job: Job) -> Begun: ...
    async def running(self, conversation: Conversation) -> tuple[Job, ...]: ...


def video_generate(jobs: Starter, clock: Clock, gallery: ImageSources) -> Tool:
    """The tool that starts a clip: one submit at most, whatever is restarted in between."""

    async def run(fields: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        match arguments.one_of(fields, "action", ACTIONS):
            case "status":
                return await status(jobs, context, VideoRequest, clock)
            case "list":
                return ToolOutcome(CLIPS_OFFERED)
        request = clip(fields)
        if request.callback_url:
            require_own_words(request.callback_url, context)
        request = replace(request, frames=await frames(fields, context, gallery))
        wanted = job(context, request, clock)
        return outcome_of(wanted, await jobs.start_video(wanted), clock)

    return Tool(VIDEO, Effect.KEYED, free(run))


def music_generate(jobs: Starter, clock: Clock, gallery: ImageSources) -> Tool:
    """The tool that starts a song."""

    async def run(fields: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        match arguments.one_of(fields, "action", ACTIONS):
            case "status":
                return await status(jobs, context, SongRequest, clock)
            case "list":
                return ToolOutcome(SONGS_OFFERED)
        picture = await inspiration(fields, context, gallery)
        request = replace(song(fields), picture=picture.blob, picture_url=picture.url)
        wanted = job(context, request, clock)
        return outcome_of(wanted, await jobs.start_song(wanted), clock)

    return Tool(MUSIC, Effect.KEYED, free(run))


def outcome_of(wanted: Job, begun: Begun, clock: Clock) -> ToolOutcome:
    """What became of a start."""
    other = begun.instead
    if other is None:
        ignored = f" Ignored hints: {', '.join(begun.ignored)}." if begun.ignored else ""
        fitted = (*begun.changed, *shortened(wanted.request))
        changed = f" Fitted to the model: {', '.join(fitted)}; say so." if fitted else ""
        return ToolOutcome(f"{STARTED}{ignored}{changed}")
    if other.id == wanted.id:
        return ToolOutcome(ALREADY)
    kind = "clip" if isinstance(other.request, VideoRequest) else "song"
    return ToolOutcome(BUSY.format(kind=kind, running=so_far(other, clock)))


def shortened(request: VideoRequest | SongRequest) -> tuple[str, ...]:
    """What is made shorter than it was asked for: no song is longer than three minutes."""
    seconds = request.duration_seconds
    if isinstance(request, VideoRequest) or seconds is None or seconds <= LONGEST_SONG_SECONDS:
        return ()
    return (f"duration {seconds:g} -> {LONGEST_SONG_SECONDS}",)


async def status(
    jobs: Starter, context: ToolContext, kind: type[VideoRequest | SongRequest], clock: Clock
) -> ToolOutcome:
    """What of this kind is being made in this conversation."""
    mine = [one for one in await jobs.running(context.turn.conversation) if isinstance(one.request, kind)]
    return ToolOutcome("\n".join(so_far(one, clock) for one in mine) or "Nothing is being made right now.")


def so_far(one: Job, clock: Clock) -> str:
    """A job by what was asked for, and for how long it has been made."""
    return f"{one.request.prompt!r}: {int((clock.now() - one.created_at).total_seconds())} s so far"


def clip(fields: Mapping[str, object]) -> VideoRequest:
    """The call as a request, without its pictures. Raises `ToolFailed`."""
    if any(fields.get(name) for name in NOT_PICTURES):
        raise ToolFailed("Clips are made from words and pictures here, not from clips or sounds.")
    seed, callback = options(fields)
    return VideoRequest(
        prompt=arguments.text(fields, "prompt", required=True),
        model=arguments.text(fields, "model"),
        duration_seconds=arguments.positive_integer(fields, "durationSeconds"),
        resolution=arguments.text(fields, "resolution"),
        aspect_ratio=arguments.ratio(fields),
        size=arguments.size(fields),
        audio=arguments.flag(fields, "audio"),
        seed=seed,
        callback_url=callback,
        timeout_seconds=arguments.milliseconds(fields),
    )


def song(fields: Mapping[str, object]) -> SongRequest:
    """The call as a request, without its picture. Raises `ToolFailed`."""
    return SongRequest(
        prompt=arguments.text(fields, "prompt", required=True),
        model=arguments.text(fields, "model"),
        lyrics=arguments.text(fields, "lyrics"),
        instrumental=bool(arguments.flag(fields, "instrumental")),
        duration_seconds=arguments.positive_integer(fields, "durationSeconds"),
        format=arguments.one_of(fields, "format", FORMATS),
    )


def options(fields: Mapping[str, object]) -> tuple[int | None, str]:
    """Seed and callback address under providerOptions; nothing else is known there."""
    named = fields.get("providerOptions")
    if named is None:
        return None, ""
    if not isinstance(named, dict) or not set(named) <= set(OPTIONS):
        raise ToolFailed(f"'providerOptions' may hold {' and '.join(OPTIONS)} and nothing else.")
    seed = named.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise ToolFailed(f"'seed' must be a whole number, not {seed!r}.")
    return seed, arguments.text(named, "callback_url")


async def frames(fields: Mapping[str, object], context: ToolContext, gallery: ImageSources) -> tuple[Frame, ...]:
    """The pictures with their roles, matched by place once each picture is named once."""
    names = named(fields, context, flag="useImages", at_most=FRAMES_AT_MOST)
    roles = fields.get("imageRoles") or []
    if not isinstance(roles, list) or len(roles) > len(names):
        raise ToolFailed(f"'imageRoles' must list at most {len(names)} roles, one for each picture.")
    written = [role if isinstance(role, str) else "" for role in roles]
    padded = [*written, *[""] * (len(names) - len(written))]
    loaded = [await frame(name, context.pictures, gallery) for name in names]
    return tuple(replace(one, role=role) for one, role in zip(loaded, padded, strict=True))


async def inspiration(fields: Mapping[str, object], context: ToolContext, gallery: ImageSources) -> Frame:
    """The picture for a song; an empty frame without one."""
    names = named(fields, context, flag="useImage", most_shown=1, at_most=PICTURES_AT_MOST)
    if len(names) > 1:
        raise ToolFailed(f"A song takes one picture, not {len(names)}.")
    return await frame(names[0], context.pictures, gallery) if names else Frame(None)


async def frame(name: str, shown: tuple[Blob, ...], gallery: ImageSources) -> Frame:
    """A picture by its content, or by its address where the provider opens it itself."""
    return Frame(None, url=name) if is_link(name) else Frame(await gallery.load(name, shown))


def job(context: ToolContext, request: VideoRequest | SongRequest, clock: Clock) -> Job:
    """The intent. Its id is the call's own key, so that a repeated call is the same job."""
    last = context.turn.inbounds[-1]
    target = context.turn.target
    return Job(
        id=f"job:{context.key}",
        target=type(target)(target.conversation, last.message_id),
        person=context.person,
        request=request,
        state=JobState.INTENT,
        created_at=clock.now(),
    )
