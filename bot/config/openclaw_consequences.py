"""Consequences of an OpenClaw import in three groups: what goes on as before, what is different, what is not here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.config.openclaw_notes import Fate, KeyNote

# By the beginning of a key path, without places in lists; the first that fits counts.
_DIFFERENT = (
    (r"session\b", "Conversations are not reset by the clock: /new begins a fresh one, and long ones are summed up."),
    (r"cron\b", "Saved reminders are not taken over: set them again in the chat."),
    (r"messages\.ackReaction", "No reaction confirms a message: the typing sign does."),
    (r"messages\.queue", "Messages that come while it answers wait their turn, in order."),
    (
        r"agents\..*(mentionPatterns|groupChat)",
        "In groups it answers to its name and to replies, not to other patterns.",
    ),
    (
        r"agents\..*(workspace|bootstrap)",
        "It has no workspace: what stands in SOUL.md and USER.md goes into systemPrompt.",
    ),
    (r"agents\..*identity", "Emoji and theme of its identity are not shown."),
    (r"agents\.(list|entries)", "One agent answers everywhere: the default one."),
    (r"bindings\b", "One agent answers everywhere: the default one."),
    (r"channels\.(telegram|discord)\.accounts", "One bot is served here; run a second daemon for another."),
    (r"channels\.(telegram|discord)\.streaming", "Answers are always shown while they are made."),
    (r"channels\.telegram\..*topics", "Every topic is a conversation of its own, by the rules of its group."),
    (r"channels\.discord\.guilds", "Servers and channels named by word are not served: write their numbers (Copy ID)."),
    (r"channels\..*allowFrom", "Names let nobody in: write numeric ids."),
    (r"channels\.(telegram|discord)\.webhook", "Telegram is polled; see webhook in docs/configuration.md."),
    (
        r"channels\.(?!telegram|discord|web|defaults)",
        "Channels other than Telegram, Discord and the local page are not served.",
    ),
    (r"models\.providers\.(?!openrouter)", "Every model is asked through OpenRouter."),
    (r"tools\.media\..*models", "Only models of OpenRouter hear and see."),
)


def consequences(notes: Iterable[KeyNote], *, named: int = 12) -> Iterator[str]:
    """The lines of the summary. Of what has no counterpart at most `named` keys are listed."""
    notes = tuple(notes)
    kept = sum(note.fate is not Fate.DROPPED for note in notes)
    dropped = [note for note in notes if note.fate is Fate.DROPPED and note.detail != "nothing is set there"]
    sentences = dict.fromkeys(sentence for note in dropped if (sentence := _sentence(note.path)))
    absent = list(dict.fromkeys(_section(note.path) for note in dropped if not _sentence(note.path)))
    yield f"Goes on as before: {kept} settings."
    yield f"Different from now on: {len(sentences)}."
    yield from (f"  - {sentence}" for sentence in sentences)
    yield f"Not here: {len(absent)}."
    if absent:
        more = f" and {len(absent) - named} more" if len(absent) > named else ""
        yield f"  {', '.join(absent[:named])}{more}"


def _sentence(path: str) -> str:
    return next((sentence for pattern, sentence in _DIFFERENT if re.match(pattern, path)), "")


def _section(path: str) -> str:
    return ".".join(path.split(".")[:2])
