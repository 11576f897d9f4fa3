"""A configuration made for OpenClaw as one of ours, and key by key what became of it.

First old and new names are settled on values, one small rule each; then whatever our own model of
the file does not accept is taken out again, so that the result is valid by construction.
Source: OpenClaw documentation, configuration reference, 2026.6 and 2026.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue, ValidationError

from bot.config import json5
from bot.config.complaints import complaints, dotted
from bot.config.edit import as_text
from bot.config.load import parse
from bot.config.model import Config
from bot.core.errors import ConfigError

Object = dict[str, JsonValue]


class Fate(StrEnum):
    TAKEN = "taken"
    RENAMED = "renamed"
    DROPPED = "does not apply"


@dataclass(frozen=True, slots=True)
class Note:
    """What became of one key of the OpenClaw file. Secrets are never repeated."""

    path: str
    fate: Fate
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """Our file's text, and the notes in the order of the keys."""

    text: str
    notes: tuple[Note, ...]


def bring_over(text: str, file: str = "") -> Imported:
    """Our configuration with everything of theirs that means something here. Raises `ConfigError`."""
    try:
        value = json5.parse(text)
    except json5.Json5Error as error:
        raise ConfigError(f"not JSON5: {error}", file=file, line=error.line, fix="Mend the file first.") from None
    if not isinstance(value, dict):
        raise ConfigError("the file is not an object", file=file, line=1, fix="Name an OpenClaw configuration.")
    config = deepcopy(value)
    notes = [note for rule in _RULES for note in rule(config)]
    notes += _taken_out(config)
    _without_empty(config)
    gone = {note.path for note in notes}
    notes += [Note(path, Fate.TAKEN) for path in _leaves(config, value) if path not in gone]
    result = f"// Brought over from {file or 'OpenClaw'} by `voxline config import`.\n{as_text(config)}\n"
    parse(result)
    return Imported(result, tuple(sorted(notes, key=lambda note: note.path)))


# --- rules: old and new names --------------------------------------------------------------------


def _discord_private(config: Object) -> Iterator[Note]:
    """channels.discord.dm.{policy, allowFrom, enabled} became dmPolicy and allowFrom."""
    discord = _at(config, "channels", "discord")
    private = discord.pop("dm", None) if discord is not None else None
    if discord is None or not isinstance(private, dict):
        return
    for old, new in (("policy", "dmPolicy"), ("allowFrom", "allowFrom")):
        if old in private:
            discord.setdefault(new, private.pop(old))
            yield Note(f"channels.discord.dm.{old}", Fate.RENAMED, f"channels.discord.{new}")
    if private.pop("enabled", True) is False:
        discord["dmPolicy"] = "disabled"
        yield Note("channels.discord.dm.enabled", Fate.RENAMED, 'channels.discord.dmPolicy: "disabled"')
    yield from (Note(f"channels.discord.dm.{key}", Fate.DROPPED) for key in private)


def _discord_rooms(config: Object) -> Iterator[Note]:
    """In servers and their channels, `users` is allowFrom and `allow` is enabled."""
    guilds = _at(config, "channels", "discord", "guilds") or {}
    for guild_id, guild in guilds.items():
        place = f"channels.discord.guilds.{guild_id}"
        if not isinstance(guild, dict):
            continue
        yield from _renamed(guild, place, {"users": "allowFrom"})
        for channel_id, channel in (_at(guild, "channels") or {}).items():
            if isinstance(channel, dict):
                yield from _renamed(
                    channel, f"{place}.channels.{channel_id}", {"users": "allowFrom", "allow": "enabled"}
                )


def _telegram_token_file(config: Object) -> Iterator[Note]:
    telegram = _at(config, "channels", "telegram")
    if telegram is not None and isinstance(telegram.get("tokenFile"), str):
        telegram.setdefault("botToken", {"file": telegram.pop("tokenFile")})
        yield Note("channels.telegram.tokenFile", Fate.RENAMED, "channels.telegram.botToken.file")


def _telegram_groups(config: Object) -> Iterator[Note]:
    """groupAllowFrom holds for every listed group that has no allowFrom of its own."""
    telegram = _at(config, "channels", "telegram")
    allowed = telegram.pop("groupAllowFrom", None) if telegram is not None else None
    if telegram is None or allowed is None:
        return
    groups = telegram.get("groups")
    for group in groups.values() if isinstance(groups, dict) else ():
        if isinstance(group, dict):
            group.setdefault("allowFrom", deepcopy(allowed))
    yield Note("channels.telegram.groupAllowFrom", Fate.RENAMED, "channels.telegram.groups.*.allowFrom")


def _numeric_people(config: Object) -> Iterator[Note]:
    """telegram:123 is 123; names such as @somebody can be taken by others and let nobody in here."""
    for name, prefixes in (("telegram", ("telegram:", "tg:")), ("discord", ("discord:", "user:"))):
        for path, holder in _allow_lists(_at(config, "channels", name) or {}, f"channels.{name}"):
            kept: list[JsonValue] = []
            for written in holder["allowFrom"] if isinstance(holder["allowFrom"], list) else []:
                person = str(written).strip()
                for prefix in prefixes:
                    person = person.removeprefix(prefix)
                if person == "*" or person.isdigit():
                    kept.append(person)
                else:
                    yield Note(path, Fate.DROPPED, f"{written!r}: only numeric ids let somebody in")
            holder["allowFrom"] = kept


def _allow_lists(section: Object, path: str) -> Iterator[tuple[str, Object]]:
    if "allowFrom" in section:
        yield f"{path}.allowFrom", section
    for key, inner in section.items():
        if isinstance(inner, dict):
            yield from _allow_lists(inner, f"{path}.{key}")


def _open_doors(config: Object) -> Iterator[Note]:
    """Theirs lets "*" in under several policies; ours wants it said twice, so it is closed when in doubt."""
    for name in ("telegram", "discord"):
        channel = _at(config, "channels", name)
        if channel is None:
            continue
        listed = channel.get("allowFrom")
        everybody = isinstance(listed, list) and "*" in listed
        if channel.get("dmPolicy") == "open" and not everybody:
            channel["dmPolicy"] = "pairing"
            yield Note(f"channels.{name}.dmPolicy", Fate.RENAMED, '"pairing", because allowFrom does not say "*"')
        elif channel.get("dmPolicy", "pairing") != "open" and isinstance(listed, list) and everybody:
            channel["allowFrom"] = [person for person in listed if person != "*"]
            yield Note(f"channels.{name}.allowFrom", Fate.DROPPED, '"*" counts only with dmPolicy: "open"')


def _owners(config: Object) -> Iterator[Note]:
    commands = _at(config, "commands")
    listed = commands.pop("ownerAllowFrom", None) if commands is not None else None
    if isinstance(listed, list):
        config.setdefault("owners", listed)
        yield Note("commands.ownerAllowFrom", Fate.RENAMED, "owners")


def _speech_twice(config: Object) -> Iterator[Note]:
    """The newer top-level tts wins over messages.tts."""
    messages = _at(config, "messages")
    if "tts" in config and messages is not None and messages.pop("tts", None) is not None:
        yield Note("messages.tts", Fate.DROPPED, "tts is set too and newer")


def _other_transcribers(config: Object) -> Iterator[Note]:
    audio = _at(config, "tools", "media", "audio") or {}
    models = audio.get("models")
    if isinstance(models, list):
        ours = [model for model in models if isinstance(model, dict) and model.get("provider") == "openrouter"]
        if len(ours) < len(models):
            yield Note("tools.media.audio.models", Fate.DROPPED, "models of other providers than openrouter")
        audio["models"] = list(ours)
        if not ours:
            audio.pop("models")


_VENDORS = {
    "anthropic": "anthropic",
    "deepseek": "deepseek",
    "google": "google",
    "mistral": "mistralai",
    "moonshot": "moonshotai",
    "openai": "openai",
    "xai": "x-ai",
}


def _direct_models(config: Object) -> Iterator[Note]:
    """A model of a vendor we do not talk to directly is asked through OpenRouter."""
    defaults = _at(config, "agents", "defaults") or {}
    for name in ("model", "imageGenerationModel", "videoGenerationModel", "musicGenerationModel"):
        choice = defaults.get(name)
        if isinstance(choice, str):
            defaults[name] = choice = {"primary": choice}
        if not isinstance(choice, dict):
            continue
        place = f"agents.defaults.{name}"
        if isinstance(primary := choice.get("primary"), str) and (ref := _through_openrouter(primary)) != primary:
            yield _moved(choice, "primary", ref, f"{place}.primary")
        if isinstance(others := choice.get("fallbacks"), list):
            refs = [_through_openrouter(other) if isinstance(other, str) else "" for other in others]
            if refs != others:
                yield _moved(choice, "fallbacks", [ref for ref in refs if ref], f"{place}.fallbacks")


def _moved(choice: Object, key: str, value: str | list[str], path: str) -> Note:
    if not value:
        choice.pop(key)
        return Note(path, Fate.DROPPED, "not a model of OpenRouter")
    choice[key] = list[JsonValue](value) if isinstance(value, list) else value
    shown = value if isinstance(value, str) else ", ".join(value)
    return Note(path, Fate.RENAMED, f"{shown}: check the name on openrouter.ai/models")


def _through_openrouter(ref: str) -> str:
    """The reference by which OpenRouter serves the same model, "" when it does not."""
    provider, slash, model = ref.partition("/")
    if not slash or provider == "openrouter":
        return ref
    vendor = _VENDORS.get(provider)
    return f"openrouter/{vendor}/{model}" if vendor else ""


_RULES: tuple[Callable[[Object], Iterator[Note]], ...] = (
    _discord_private,
    _discord_rooms,
    _telegram_token_file,
    _telegram_groups,
    _numeric_people,
    _open_doors,
    _owners,
    _speech_twice,
    _other_transcribers,
    _direct_models,
)


# --- taking out what is not ours -----------------------------------------------------------------


def _taken_out(config: Object) -> Iterator[Note]:
    """Removes what our model of the file refuses, until it refuses nothing."""
    while True:
        try:
            Config.model_validate(config, by_alias=True, by_name=False)
            return
        except ValidationError as error:
            details, complaint = error.errors(include_url=False)[0], complaints(error, Config)[0]
        path = tuple(part for part in details["loc"] if part != "[key]")
        unknown = details["type"] == "extra_forbidden"
        _remove(config, path)
        yield Note(dotted(path), Fate.DROPPED, "" if unknown else complaint.message)


def _remove(config: Object, path: tuple[str | int, ...]) -> None:
    holder: JsonValue = config
    for key in path[:-1]:
        holder = _inside(holder, key)
    match holder, path[-1]:
        case dict(), str(key):
            del holder[key]
        case list(), int(place):
            del holder[place]


def _inside(holder: JsonValue, key: str | int) -> JsonValue:
    match holder, key:
        case dict(), str():
            return holder.get(key)
        case list(), int():
            return holder[key]
    return None


def _without_empty(config: Object) -> None:
    """Sections that have lost all their keys go too. Entries people named (models, groups) stay."""
    for key, value in list(config.items()):
        if isinstance(value, dict) and key not in _NAMED:
            _without_empty(value)
            if not value and key not in ("telegram", "discord"):
                del config[key]


_NAMED = frozenset({"groups", "guilds", "params"})


def _leaves(config: JsonValue, theirs: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[str]:
    """The key paths of the result that hold what was written at the same place."""
    if isinstance(config, dict) and config:
        for key, value in config.items():
            if isinstance(theirs, dict) and key in theirs:
                yield from _leaves(value, theirs[key], (*path, key))
    elif path:
        yield dotted(path)


def _at(config: Object, *path: str) -> Object | None:
    inner: JsonValue = config
    for key in path:
        inner = inner.get(key) if isinstance(inner, dict) else None
    return inner if isinstance(inner, dict) else None


def _renamed(holder: Object, place: str, names: dict[str, str]) -> Iterator[Note]:
    for old, new in names.items():
        if old in holder:
            holder.setdefault(new, holder.pop(old))
            yield Note(f"{place}.{old}", Fate.RENAMED, new)
