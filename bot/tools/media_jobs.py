"""The tools that start clips and songs. The work outlives the turn; its result is delivered later, as a reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.core.chat import ToolSpec
from bot.core.messages import Blob, Conversation
from bot.core.ports import Clock
from bot.core.work import Frame, Job, JobState, SongRequest, ToolOutcome, VideoRequest
from bot.tools import arguments
from bot.tools.tool import Effect, Tool, ToolContext, ToolFailed

FRAMES_AT_MOST = 4
ROLES = ("first_frame", "last_frame", "reference_image")
FORMATS = ("wav", "mp3")
ACTIONS = ("generate", "status", "list")
OPTIONS = ("seed", "callback_url")

ALREADY = (
    "The same request was started before, so it is not started again. Its result, or why there is none, comes to the "
    "chat by itself. Tell the person so."
)
BUSY = (
    "Not started: this chat makes one {kind} at a time, and one is being made ({running}). Tell the person; /jobs "
    "shows and cancels it."
)
CLIPS_OFFERED = (
    f"One clip of a prompt, from up to {FRAMES_AT_MOST} pictures of the person. imageRoles: {', '.join(ROLES)}. "
    f"aspectRatio: {', '.join(arguments.RATIOS)}. providerOptions: {', '.join(OPTIONS)}. "
    "Duration, shape and resolution become the nearest that the model has."
)
SONGS_OFFERED = f"One song of at most 180 seconds. format: {', '.join(FORMATS)}."
STARTED = (
    "Started. It takes a while and will be delivered to the chat by itself; the person can go on writing meanwhile."
)

VIDEO = ToolSpec(
    "video_generate",
    "Make a short video clip. It runs in the background and is delivered later.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": ACTIONS},
                "prompt": {"type": "string"},
                "durationSeconds": {"type": "integer"},
                "aspectRatio": {"type": "string"},
                "resolution": {"type": "string"},
                "size": {"type": "string"},
                "audio": {"type": "boolean"},
                "useImages": {"type": "boolean", "description": "Start from the person's picture(s)."},
                "imageRoles": {"type": "array", "items": {"type": "string", "enum": ROLES}},
                "providerOptions": {"type": "object", "description": "seed"},
            },
        },
        separators=(",", ":"),
    ),
)

MUSIC = ToolSpec(
    "music_generate",
    "Compose a song or music. It runs in the background and is delivered later.",
    json.dumps(
        {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": ACTIONS},
                "prompt": {"type": "string"},
                "lyrics": {"type": "string"},
                "instrumental": {"type": "boolean"},
                "durationSeconds": {"type": "integer"},
                "format": {"type": "string", "enum": FORMATS},
                "useImage": {"type": "boolean", "description": "Let the person's picture inspire it."},
            },
        },
        separators=(",", ":"),
    ),
)


@dataclass(frozen=True, slots=True)
class Begun:
    """How a start went: `instead` is the job that forbids it, None when the new one was started. `ignored` names
    wishes that the model cannot follow."""

    instead: Job | None = None
    ignored: tuple[str, ...] = ()


class Starter(Protocol):
    """Where jobs are started."""

    async def start_video(self, job: Job) -> Begun: ...
    async def start_song(self, job: Job) -> Begun: ...
    async def running(self, conversation: Conversation) -> tuple[Job, ...]: ...


def video_generate(jobs: Starter, clock: Clock) -> Tool:
    """The tool that starts a clip: one submit at most, whatever is restarted in between."""

    async def run(given: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        match arguments.one_of(given, "action", ACTIONS):
            case "status":
                return await status(jobs, context, VideoRequest, clock)
            case "list":
                return ToolOutcome(CLIPS_OFFERED)
        request = clip(given, context.pictures)
        wanted = job(context, request, clock)
        return told(wanted, await jobs.start_video(wanted), clock)

    return Tool(VIDEO, Effect.KEYED, run)


def music_generate(jobs: Starter, clock: Clock) -> Tool:
    """The tool that starts a song."""

    async def run(given: Mapping[str, object], context: ToolContext) -> ToolOutcome:
        match arguments.one_of(given, "action", ACTIONS):
            case "status":
                return await status(jobs, context, SongRequest, clock)
            case "list":
                return ToolOutcome(SONGS_OFFERED)
        wants_picture = arguments.flag(given, "useImage")
        if wants_picture and not context.pictures:
            raise ToolFailed("There is no picture: the person sent none and replied to none.")
        request = SongRequest(
            prompt=arguments.text(given, "prompt", required=True),
            lyrics=arguments.text(given, "lyrics"),
            instrumental=bool(arguments.flag(given, "instrumental")),
            duration_seconds=arguments.positive_integer(given, "durationSeconds"),
            picture=context.pictures[0] if wants_picture else None,
            format=arguments.one_of(given, "format", FORMATS),
        )
        wanted = job(context, request, clock)
        return told(wanted, await jobs.start_song(wanted), clock)

    return Tool(MUSIC, Effect.KEYED, run)


def told(wanted: Job, begun: Begun, clock: Clock) -> ToolOutcome:
    """What became of a start."""
    other = begun.instead
    if other is None:
        ignored = f" Ignored hints: {', '.join(begun.ignored)}." if begun.ignored else ""
        return ToolOutcome(f"{STARTED}{ignored}")
    if other.id == wanted.id:
        return ToolOutcome(ALREADY)
    kind = "clip" if isinstance(other.request, VideoRequest) else "song"
    return ToolOutcome(BUSY.format(kind=kind, running=so_far(other, clock)))


async def status(
    jobs: Starter, context: ToolContext, kind: type[VideoRequest | SongRequest], clock: Clock
) -> ToolOutcome:
    """What of this kind is being made in this conversation."""
    mine = [one for one in await jobs.running(context.turn.conversation) if isinstance(one.request, kind)]
    return ToolOutcome("\n".join(so_far(one, clock) for one in mine) or "Nothing is being made right now.")


def so_far(one: Job, clock: Clock) -> str:
    """A job by what was asked for, and for how long it has been made."""
    return f"{one.request.prompt!r}: {int((clock.now() - one.created_at).total_seconds())} s so far"


def clip(given: Mapping[str, object], pictures: tuple[Blob, ...]) -> VideoRequest:
    """The call as a request. Raises `ToolFailed`."""
    wanted = pictures if arguments.flag(given, "useImages") else ()
    if arguments.flag(given, "useImages") and not pictures:
        raise ToolFailed("There is no picture to start from: the person sent none and replied to none.")
    seed, callback = options(given)
    return VideoRequest(
        prompt=arguments.text(given, "prompt", required=True),
        frames=frames(given, wanted),
        duration_seconds=arguments.positive_integer(given, "durationSeconds"),
        resolution=arguments.text(given, "resolution"),
        aspect_ratio=arguments.ratio(given),
        size=arguments.size(given),
        audio=arguments.flag(given, "audio"),
        seed=seed,
        callback_url=callback,
    )


def options(given: Mapping[str, object]) -> tuple[int | None, str]:
    """Seed and callback address under providerOptions; nothing else is known there."""
    named = given.get("providerOptions")
    if named is None:
        return None, ""
    if not isinstance(named, dict) or not set(named) <= set(OPTIONS):
        raise ToolFailed(f"'providerOptions' may hold {' and '.join(OPTIONS)} and nothing else.")
    seed = named.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise ToolFailed(f"'seed' must be a whole number, not {seed!r}.")
    return seed, arguments.text(named, "callback_url")


def frames(given: Mapping[str, object], pictures: tuple[Blob, ...]) -> tuple[Frame, ...]:
    """The pictures with their roles, matched by place."""
    roles = given.get("imageRoles") or []
    if not isinstance(roles, list) or len(roles) > len(pictures):
        raise ToolFailed(f"'imageRoles' must list at most {len(pictures)} roles, one for each picture.")
    named = [role if isinstance(role, str) else "" for role in roles]
    padded = [*named, *[""] * len(pictures)]
    return tuple(Frame(blob, role) for blob, role in zip(pictures[:FRAMES_AT_MOST], padded, strict=False))


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
