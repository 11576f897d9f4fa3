"""The kinds of turn that are killed: what is sent, what must be there in the end, what may be paid for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.fakes.telegram_api import TelegramApi
from tests.fakes.telegram_chats import Shown
from tests.sounds import spoken

CHAT = 7
SECOND = "reply with exactly: the second answer"
SECOND_SHOWN = r"the second answer$"


@dataclass(frozen=True)
class Kind:
    """One kind of turn. `shown` are patterns of its final texts in order, `media` the kinds of media that follow.

    `followed` tells whether a second message is sent right after the first. `asked` counts the paid requests of an
    undisturbed run by path, those of the second message included. `late` are patterns of texts that come whenever
    their work is done."""

    send: Callable[[TelegramApi], object]
    shown: tuple[str, ...]
    asked: dict[str, int]
    media: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    followed: bool = True

    @property
    def in_order(self) -> tuple[str, ...]:
        """The patterns of the texts that keep their order."""
        return (*self.shown, SECOND_SHOWN) if self.followed else self.shown


KINDS = {
    "text": Kind(
        lambda api: api.say(CHAT, "tell me a long story"),
        (r"Hello! Just so you know.*The fox who counted lights", r".*That is the whole story"),
        {"/chat/completions": 2},
    ),
    "voice": Kind(
        lambda api: api.send_voice(CHAT, spoken("what is seven times eight"), 2),
        (r".*56",),
        {"/chat/completions": 2, "/audio/transcriptions": 1, "/audio/speech": 1},
        media=("voice",),
    ),
    "tool": Kind(
        lambda api: api.say(CHAT, "remind me in 1 second to drink tea"),
        (r".*I will remind you",),
        {"/chat/completions": 3},
        late=(r"⏰ drink tea",),
    ),
    "picture": Kind(
        lambda api: api.say(CHAT, "draw a red fox"),
        (r".*Here is your picture",),
        {"/chat/completions": 4},  # the painter is a chat model
        media=("photo",),
    ),
    "clip": Kind(
        lambda api: api.say(CHAT, "make a video of a sunny mountain"),
        (r".*Your clip is in the works",),
        {"/chat/completions": 3, "/videos": 1},
        media=("video",),
        late=(r"Here is your clip",),
    ),
    "notice": Kind(
        lambda api: api.say(CHAT, "/stop"),
        (r"Nothing is running\.",),
        {},
        followed=False,  # /stop would end the second message as well
    ),
}

# Killed between paying and hearing what came of it: nobody knows, so the person is told and decides.
_PICTURE = replace(KINDS["picture"], shown=(r".*The outcome of this call is unknown",), media=())
_CLIP = replace(
    KINDS["clip"],
    shown=(r".*works",),
    media=(),
    late=(r"I was restarted while I asked for the clip .*did not ask again",),
)
# Killed when media was sent and not noted: where the platform knows no key it is sent once more, and no third time.
_TWICE = {name: replace(kind, media=kind.media * 2) for name, kind in KINDS.items() if kind.media}
TOLD_INSTEAD = {
    **{("picture", point): _PICTURE for point in ("c3i.after", "tool.after")},
    **{(name, "media.after"): kind for name, kind in _TWICE.items()},
    **{("clip", point): _CLIP for point in ("job.add.after", "submit.after", "job.save.before")},
}


def finished(shown: list[Shown], kind: Kind) -> bool:
    """Whether everything that must come has come."""
    texts = finals(shown)
    patterns = (*kind.in_order, *kind.late)
    media = [one.kind for one in shown if one.kind != "text"]
    return all(any(fits(pattern, text) for text in texts) for pattern in patterns) and all(
        wanted in media for wanted in kind.media
    )


def finals(shown: list[Shown]) -> list[str]:
    """The texts that are not an orphaned placeholder or preview."""
    return [one.text for one in shown if one.kind == "text" and not orphan(one.text)]


def orphan(text: str) -> bool:
    return text.endswith("…")


def fits(pattern: str, text: str) -> bool:
    return re.match(pattern, text, re.DOTALL) is not None


def faults(shown: list[Shown], kind: Kind) -> list[str]:
    """What is wrong with what people see in the end: lost, doubled, out of order."""
    wrong = []
    texts = finals(shown)
    in_order = [text for text in texts if not any(fits(pattern, text) for pattern in kind.late)]
    if len(in_order) != len(kind.in_order) or not all(map(fits, kind.in_order, in_order)):
        wrong.append(f"texts {[text[-60:] for text in in_order]}")
    times = {pattern: sum(fits(pattern, text) for text in texts) for pattern in kind.late}
    wrong += [f"{pattern!r} {count} times" for pattern, count in times.items() if count != 1]
    media = tuple(one.kind for one in shown if one.kind != "text")
    if media != kind.media:
        wrong.append(f"media {media}")
    if (orphans := sum(one.kind == "text" and orphan(one.text) for one in shown)) > 1:
        wrong.append(f"{orphans} orphaned previews after one kill")
    return wrong
