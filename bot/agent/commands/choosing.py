"""Commands that choose for one conversation: the model, the thinking level, the voice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, get_args

from bot.agent.commands.command import Command, CommandCall
from bot.agent.speak import VoiceMode
from bot.config.agents import Thinking
from bot.config.choose import among, nearest
from bot.core.errors import ConfigError
from bot.core.messages import Choice, Reply, Text
from bot.core.ports.store import Sessions

NAMED_AT_MOST = 10
OWNERS_CHOOSE = "What is chosen here holds for everybody in this chat, so only my owner can choose it. Ask them."
BUTTON_BYTES, BUTTONS_AT_MOST = 64, 25


@dataclass(frozen=True, slots=True)
class ModelChoices:
    """The models a person may choose. `resolve` turns an alias or a reference into a reference, or raises
    `ConfigError` with what is allowed. `aliases` are the offered ones' short names, by reference; when `closed`, no
    other model may be chosen."""

    default: str
    offered: Sequence[str]
    resolve: Callable[[str], str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False


class ModelGuide(Protocol):
    """What the provider knows about its models, for people who choose."""

    async def listed(self) -> Sequence[str]:
        """The references of all models that answer with text; none when the list cannot be had."""

    def levels(self, ref: str) -> Sequence[str]:
        """The thinking levels that make a difference with a model."""

    def level_of(self, text: str) -> str | None:
        """The thinking level that a word means, None when it means none."""


class Unguided:
    """Without a catalog every model may exist and take every level."""

    async def listed(self) -> Sequence[str]:
        return ()

    def levels(self, ref: str) -> Sequence[str]:
        return get_args(Thinking)

    def level_of(self, text: str) -> str | None:
        word = text.strip().lower()
        return word if word in get_args(Thinking) else None


def choosing_commands(
    *, sessions: Sessions, models: ModelChoices, voice: VoiceMode, guide: ModelGuide
) -> tuple[Command, ...]:
    """The commands that change how one conversation is answered."""

    async def model(call: CommandCall) -> Reply:
        if not call.rest:
            current = call.turn.session.model or models.default
            return (Text(f"I answer with `{current}`. To change it: `/model <name>`.", buttons(models)),)
        wanted = "" if call.rest.casefold() == "default" else call.rest
        if for_others(call):
            return (Text(OWNERS_CHOOSE),)
        try:
            ref = models.resolve(wanted) if wanted else ""
        except ConfigError as error:
            listed = () if models.closed else await guide.listed()
            return (unknown(error, wanted, models, listed),)
        await sessions.save_session(call.turn.conversation, replace(call.turn.session, model=ref))
        sentence = f"From now on I answer here with `{ref or models.default}`."
        listed = () if models.closed or not ref else await guide.listed()
        if not listed or among(ref, [*models.offered, *listed]):
            return (Text(sentence),)
        near = nearest(ref, listed)
        return (Text(f"{sentence} But the provider does not list it.{meant(near)}", buttons(models, near)),)

    async def think(call: CommandCall) -> Reply:
        level = "default" if call.rest.casefold() == "default" else guide.level_of(call.rest)
        ref = call.turn.session.model or models.default
        levels = guide.levels(ref)
        if level is None:
            current = call.turn.session.thinking or "default"
            choices = tuple(Choice(level, f"/think {level}") for level in ("default", *levels))
            return (Text(f"Thinking level: {current}.{alone(ref, levels)}", choices),)
        if for_others(call):
            return (Text(OWNERS_CHOOSE),)
        thinking = "" if level == "default" else level
        await sessions.save_session(call.turn.conversation, replace(call.turn.session, thinking=thinking))
        return (Text(f"Thinking level: {level}.{alone(ref, levels)}"),)

    async def speech(call: CommandCall) -> Reply:
        modes = {mode.value for mode in VoiceMode}
        mode, _, name = call.rest.partition(" ")
        if for_others(call) and (mode == "name" or mode.casefold() in modes):
            return (Text(OWNERS_CHOOSE),)
        if mode == "name":
            await sessions.save_session(call.turn.conversation, replace(call.turn.session, voice=name.strip()))
            return (Text(f"I will speak as {name.strip() or 'configured'}."),)
        if mode.casefold() not in modes:
            current = call.turn.session.voice_mode or voice.value
            choices = tuple(Choice(mode.value, f"/voice {mode.value}") for mode in VoiceMode)
            return (Text(f"Spoken answers: {current}. `/voice name <voice>` changes the voice.", choices),)
        await sessions.save_session(call.turn.conversation, replace(call.turn.session, voice_mode=mode.casefold()))
        return (Text(f"Spoken answers: {mode.casefold()}."),)

    return (Command("model", model), Command("think", think), Command("voice", speech))


def for_others(call: CommandCall) -> bool:
    """Whether a choice would hold for people who did not make it, and pay for it: in a room only owners choose."""
    return not call.owner and not call.turn.inbounds[-1].private


def unknown(error: ConfigError, wanted: str, models: ModelChoices, listed: Sequence[str]) -> Text:
    """What is wrong with a model's name, which one may have been meant, and which ones there are."""
    near = nearest(wanted, [*models.offered, *listed], models.aliases)
    some = ", ".join(f"`{ref}`" for ref in models.offered[:NAMED_AT_MOST])
    more = " and more" if len(models.offered) > NAMED_AT_MOST else ""
    there = f" You can choose {some}{more}." if models.closed else " Write it as `openrouter/<vendor>/<model>`."
    return Text(f"{error.message}.{meant(near)}{there}", buttons(models, near))


def meant(near: str) -> str:
    return f" Did you mean `{near}`?" if near else ""


def alone(ref: str, levels: Sequence[str]) -> str:
    """What to know about a model that takes no level."""
    return f" With `{ref}` it makes no difference." if tuple(levels) == ("off",) else ""


def buttons(models: ModelChoices, first: str = "") -> tuple[Choice, ...]:
    """One for each offered model, as many as every channel shows; `first` comes before them. A reference that is too
    long for a button is chosen by its short name."""
    refs = dict.fromkeys((first, *models.offered) if first else models.offered)
    sentence = ((ref, models.aliases.get(ref, "")) for ref in refs)
    fitting = ((alias or ref, next(filter(_fits, (ref, alias)), "")) for ref, alias in sentence)
    return tuple(Choice(label, f"/model {name}") for label, name in fitting if name)[:BUTTONS_AT_MOST]


def _fits(name: str) -> bool:
    return name != "" and len(f"/model {name}".encode()) <= BUTTON_BYTES
