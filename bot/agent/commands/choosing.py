"""Commands that choose for one conversation: the model, the thinking level, the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.agent.commands.command import Command, Said
from bot.agent.speak import VoiceMode
from bot.core.errors import ConfigError
from bot.core.messages import Choice, Reply, Text
from bot.core.ports import Sessions

THINKING = ("off", "minimal", "low", "medium", "high", "xhigh", "adaptive", "max")


@dataclass(frozen=True, slots=True)
class Models:
    """The models a person may choose. `resolve` turns an alias or a reference into a reference, or raises
    `ConfigError` with what is allowed."""

    default: str
    offered: Sequence[str]
    resolve: Callable[[str], str]


def choosing_commands(*, sessions: Sessions, models: Models, voice: VoiceMode) -> tuple[Command, ...]:
    """The commands that change how one conversation is answered."""

    async def model(said: Said) -> Reply:
        current = said.turn.session.model or models.default
        if not said.rest:
            choices = tuple(Choice(ref, f"/model {ref}") for ref in models.offered if len(f"/model {ref}") <= 64)
            return (Text(f"I answer with `{current}`. To change it: `/model <name>`.", choices),)
        wanted = "" if said.rest.casefold() == "default" else said.rest
        try:
            ref = models.resolve(wanted) if wanted else ""
        except ConfigError as error:
            return (Text(f"{error.message}. {error.fix}".strip()),)
        await sessions.save_session(said.turn.conversation, replace(said.turn.session, model=ref))
        return (Text(f"From now on I answer here with `{ref or models.default}`."),)

    async def think(said: Said) -> Reply:
        level = said.rest.casefold()
        if level not in (*THINKING, "default"):
            current = said.turn.session.thinking or "default"
            choices = tuple(Choice(level, f"/think {level}") for level in ("default", *THINKING))
            return (Text(f"Thinking level: {current}.", choices),)
        thinking = "" if level == "default" else level
        await sessions.save_session(said.turn.conversation, replace(said.turn.session, thinking=thinking))
        return (Text(f"Thinking level: {level}."),)

    async def speech(said: Said) -> Reply:
        modes = {mode.value for mode in VoiceMode}
        mode, _, name = said.rest.partition(" ")
        if mode == "name":
            await sessions.save_session(said.turn.conversation, replace(said.turn.session, voice=name.strip()))
            return (Text(f"I will speak as {name.strip() or 'configured'}."),)
        if mode.casefold() not in modes:
            current = said.turn.session.voice_mode or voice.value
            choices = tuple(Choice(mode.value, f"/voice {mode.value}") for mode in VoiceMode)
            return (Text(f"Spoken answers: {current}. `/voice name <voice>` changes the voice.", choices),)
        await sessions.save_session(said.turn.conversation, replace(said.turn.session, voice_mode=mode.casefold()))
        return (Text(f"Spoken answers: {mode.casefold()}."),)

    return (Command("model", model), Command("think", think), Command("voice", speech))
