"""Migration rules for an OpenClaw configuration: old and new names, one small function each.

A rule changes the configuration in place and yields a note for each key it touched.
Source: OpenClaw documentation, configuration reference, 2026.6 and 2026.9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

from pydantic import JsonValue

from bot.config.openclaw_newer import agent_entries, media_models, proxies
from bot.config.openclaw_notes import Fate, KeyNote, Keys, Object, at
from bot.config.validation_errors import dotted


def _discord_private(config: Object) -> Iterator[KeyNote]:
    """channels.discord.dm.{policy, allowFrom, enabled} became dmPolicy and allowFrom."""
    discord = at(config, "channels", "discord")
    private = discord.pop("dm", None) if discord is not None else None
    if discord is None or not isinstance(private, dict):
        return
    place = ("channels", "discord", "dm")
    for old, new in (("policy", "dmPolicy"), ("allowFrom", "allowFrom")):
        if old in private:
            discord.setdefault(new, private.pop(old))
            yield KeyNote((*place, old), Fate.RENAMED, f"channels.discord.{new}")
    if "enabled" in private:
        if private.pop("enabled") is False:
            discord["dmPolicy"] = "disabled"
        yield KeyNote((*place, "enabled"), Fate.RENAMED, "channels.discord.dmPolicy")
    yield from (KeyNote((*place, key), Fate.DROPPED, "there are no group messages") for key in private)


def _discord_rooms(config: Object) -> Iterator[KeyNote]:
    """In servers and their channels, `users` is allowFrom and `allow` is enabled."""
    guilds = at(config, "channels", "discord", "guilds") or {}
    for guild_id, guild in guilds.items():
        place = ("channels", "discord", "guilds", guild_id)
        if not isinstance(guild, dict):
            continue
        yield from _renamed(guild, place, {"users": "allowFrom"})
        for channel_id, channel in (at(guild, "channels") or {}).items():
            if isinstance(channel, dict):
                yield from _renamed(
                    channel, (*place, "channels", channel_id), {"users": "allowFrom", "allow": "enabled"}
                )


def _numeric_rooms(config: Object) -> Iterator[KeyNote]:
    """Servers and channels are known by number; a name would serve no server and only look as if it did."""
    guilds = at(config, "channels", "discord", "guilds") or {}
    yield from _numbered(guilds, ("channels", "discord", "guilds"))
    for guild_id, guild in guilds.items():
        channels = at(guild, "channels") if isinstance(guild, dict) else None
        yield from _numbered(channels or {}, ("channels", "discord", "guilds", guild_id, "channels"))


def _numbered(rooms: Object, place: tuple[str, ...]) -> Iterator[KeyNote]:
    for name in [name for name in rooms if name != "*" and not name.isdigit()]:
        del rooms[name]
        yield KeyNote((*place, name), Fate.DROPPED, "a name: write its number (Copy ID) with the same settings")


def _group_policy(config: Object) -> Iterator[KeyNote]:
    """Listed groups are served and no others; "disabled" serves none."""
    for name, listed in (("telegram", "groups"), ("discord", "guilds")):
        channel = at(config, "channels", name)
        if channel is None or "groupPolicy" not in channel:
            continue
        policy = channel.pop("groupPolicy")
        yield KeyNote(
            ("channels", name, "groupPolicy"), Fate.DROPPED, f"the groups listed in {listed} are served, no others"
        )
        if policy == "disabled" and channel.pop(listed, None) is not None:
            yield KeyNote(("channels", name, listed), Fate.DROPPED, 'groupPolicy "disabled" served none of them')


def _telegram_token_file(config: Object) -> Iterator[KeyNote]:
    telegram = at(config, "channels", "telegram")
    if telegram is not None and isinstance(telegram.get("tokenFile"), str):
        telegram.setdefault("botToken", {"file": telegram.pop("tokenFile")})
        yield KeyNote(("channels", "telegram", "tokenFile"), Fate.RENAMED, "channels.telegram.botToken.file")


def _telegram_groups(config: Object) -> Iterator[KeyNote]:
    """groupAllowFrom holds for every listed group that has no allowFrom of its own."""
    telegram = at(config, "channels", "telegram")
    allowed = telegram.pop("groupAllowFrom", None) if telegram is not None else None
    if telegram is None or allowed is None:
        return
    groups = telegram.get("groups")
    for group in groups.values() if isinstance(groups, dict) else ():
        if isinstance(group, dict):
            group.setdefault("allowFrom", deepcopy(allowed))
    yield KeyNote(("channels", "telegram", "groupAllowFrom"), Fate.RENAMED, "channels.telegram.groups.*.allowFrom")


def _numeric_people(config: Object) -> Iterator[KeyNote]:
    """telegram:123 is 123; names such as @anna can change hands, so no name lets a person in here."""
    for name, prefixes in (("telegram", ("telegram:", "tg:")), ("discord", ("discord:", "user:"))):
        for keys, holder in _allow_lists(at(config, "channels", name) or {}, ("channels", name)):
            kept: list[JsonValue] = []
            refused: list[str] = []
            for written in holder["allowFrom"] if isinstance(holder["allowFrom"], list) else []:
                person = str(written).strip()
                for prefix in prefixes:
                    person = person.removeprefix(prefix)
                if person == "*" or person.isdigit():
                    kept.append(person)
                else:
                    refused.append(repr(written))
            holder["allowFrom"] = kept
            if refused:
                without = f"{', '.join(refused)}: only numeric ids let somebody in"
                yield KeyNote(keys, Fate.TAKEN, f"without {without}") if kept else KeyNote(keys, Fate.DROPPED, without)


def _allow_lists(section: Object, place: Keys) -> Iterator[tuple[Keys, Object]]:
    if "allowFrom" in section:
        yield (*place, "allowFrom"), section
    for key, inner in section.items():
        if isinstance(inner, dict):
            yield from _allow_lists(inner, (*place, key))


def _open_doors(config: Object) -> Iterator[KeyNote]:
    """Theirs lets "*" in under several policies; ours wants it said twice, so it is closed when in doubt."""
    for name in ("telegram", "discord"):
        channel = at(config, "channels", name)
        if channel is None:
            continue
        listed = channel.get("allowFrom")
        everybody = isinstance(listed, list) and "*" in listed
        if channel.get("dmPolicy") == "open" and not everybody:
            channel["dmPolicy"] = "pairing"
            yield KeyNote(("channels", name, "dmPolicy"), Fate.RENAMED, '"pairing", because allowFrom does not say "*"')
        elif channel.get("dmPolicy", "pairing") != "open" and isinstance(listed, list) and everybody:
            channel["allowFrom"] = [person for person in listed if person != "*"]
            yield KeyNote(("channels", name, "allowFrom"), Fate.DROPPED, '"*" counts only with dmPolicy: "open"')


def _owners(config: Object) -> Iterator[KeyNote]:
    commands = at(config, "commands")
    listed = commands.pop("ownerAllowFrom", None) if commands is not None else None
    if isinstance(listed, list):
        config.setdefault("owners", listed)
        yield KeyNote(("commands", "ownerAllowFrom"), Fate.RENAMED, "owners")


def _speech_twice(config: Object) -> Iterator[KeyNote]:
    """The newer top-level tts wins over messages.tts."""
    messages = at(config, "messages")
    if "tts" in config and messages is not None and messages.pop("tts", None) is not None:
        yield KeyNote(("messages", "tts"), Fate.DROPPED, "tts is set too and newer")


def _speech_switch(config: Object) -> Iterator[KeyNote]:
    """tts.enabled: false is auto: "off"."""
    for path in (("tts",), ("messages", "tts")):
        speech = at(config, *path)
        if speech is not None and "enabled" in speech:
            if speech.pop("enabled") is False:
                speech["auto"] = "off"
            yield KeyNote((*path, "enabled"), Fate.RENAMED, dotted((*path, "auto")))


def _foreign_keys(config: Object) -> Iterator[KeyNote]:
    """Keys of other providers are never used."""
    auth = at(config, "auth") or {}
    orders, profiles = at(auth, "order") or {}, at(auth, "profiles") or {}
    for name in [name for name in orders if name != "openrouter"]:
        del orders[name]
        yield KeyNote(("auth", "order", name), Fate.DROPPED, "only keys of openrouter are used")
    for name in [name for name, profile in profiles.items() if _provider(profile) != "openrouter"]:
        del profiles[name]
        yield KeyNote(("auth", "profiles", name), Fate.DROPPED, "only keys of openrouter are used")


def _provider(profile: JsonValue) -> JsonValue:
    return profile.get("provider") if isinstance(profile, dict) else None


def _agents_character(config: Object) -> Iterator[KeyNote]:
    """identity.name is the agent's name; systemPromptOverride is its systemPrompt."""
    for place, agent in _agents(config):
        identity = at(agent, "identity") or {}
        if isinstance(identity.get("name"), str):
            agent.setdefault("name", identity.pop("name"))
            yield KeyNote((*place, "identity", "name"), Fate.RENAMED, "name")
        yield from _renamed(agent, place, {"systemPromptOverride": "systemPrompt"})


def _agents(config: Object) -> Iterator[tuple[Keys, Object]]:
    listed = (at(config, "agents") or {}).get("list")
    for number, agent in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(agent, dict):
            yield ("agents", "list", number), agent


def _other_transcribers(config: Object) -> Iterator[KeyNote]:
    audio = at(config, "tools", "media", "audio") or {}
    models = audio.get("models")
    if not isinstance(models, list):
        return
    ours: list[JsonValue] = []
    for number, model in enumerate(models):
        if _provider(model) == "openrouter":
            ours.append(model)
        else:
            yield KeyNote(("tools", "media", "audio", "models", number), Fate.DROPPED, "a model of another provider")
    audio["models"] = ours
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
_CHECK = "check the name on openrouter.ai/models"
_CHOICES = ("model", "imageGenerationModel", "videoGenerationModel", "musicGenerationModel")


def _direct_models(config: Object) -> Iterator[KeyNote]:
    """A model of a vendor we do not talk to directly is asked through OpenRouter."""
    defaults = at(config, "agents", "defaults") or {}
    place: Keys = ("agents", "defaults")
    holders: list[tuple[Object, Keys, tuple[str, ...]]] = [(defaults, place, _CHOICES)]
    holders += [(at(defaults, "mediaModels") or {}, (*place, "mediaModels"), ("image", "video", "music"))]
    holders += [(agent, place, ("model",)) for place, agent in _agents(config)]
    holders += [(at(config, *tts) or {}, tts, ("summaryModel",)) for tts in (("tts",), ("messages", "tts"))]
    for holder, place, names in holders:
        for name in names:
            yield from _choice_through_openrouter(holder, name, (*place, name))


def _choice_through_openrouter(holder: Object, name: str, place: Keys) -> Iterator[KeyNote]:
    choice = holder.get(name)
    if isinstance(choice, str) and (ref := _through_openrouter(choice)) != choice:
        yield _moved(holder, name, ref, place)
    if not isinstance(choice, dict):
        return
    if isinstance(primary := choice.get("primary"), str) and (ref := _through_openrouter(primary)) != primary:
        yield _moved(choice, "primary", ref, (*place, "primary"))
    if isinstance(others := choice.get("fallbacks"), list):
        refs = [_through_openrouter(other) if isinstance(other, str) else "" for other in others]
        if refs != others:
            yield _moved(choice, "fallbacks", [ref for ref in refs if ref], (*place, "fallbacks"))


def _models_to_choose_from(config: Object) -> Iterator[KeyNote]:
    """The same for the keys of agents.defaults.models."""
    entries = at(config, "agents", "defaults", "models") or {}
    for name, entry in list(entries.items()):
        ref = _through_openrouter(name)
        if ref == name:
            continue
        del entries[name]
        if ref:
            entries.setdefault(ref, entry)
        detail = f"{ref}: {_CHECK}" if ref else _NO_MODEL
        yield KeyNote(("agents", "defaults", "models", name), Fate.RENAMED if ref else Fate.DROPPED, detail)


_NO_MODEL = "not a model of OpenRouter"


def _moved(choice: Object, key: str, value: str | list[str], place: Keys) -> KeyNote:
    if not value:
        choice.pop(key)
        return KeyNote(place, Fate.DROPPED, _NO_MODEL)
    choice[key] = list[JsonValue](value) if isinstance(value, list) else value
    shown = value if isinstance(value, str) else ", ".join(value)
    return KeyNote(place, Fate.RENAMED, f"{shown}: {_CHECK}")


def _through_openrouter(ref: str) -> str:
    """The reference by which OpenRouter serves the same model, "" when it does not."""
    provider, slash, model = ref.partition("/")
    if not slash or provider == "openrouter":
        return ref
    vendor = _VENDORS.get(provider)
    return f"openrouter/{vendor}/{model}" if vendor else ""


RULES: tuple[Callable[[Object], Iterator[KeyNote]], ...] = (
    _discord_private,
    _numeric_rooms,
    _discord_rooms,
    _group_policy,
    _telegram_token_file,
    _telegram_groups,
    _numeric_people,
    _open_doors,
    _owners,
    _speech_twice,
    _speech_switch,
    _foreign_keys,
    agent_entries,
    media_models,
    proxies,
    _agents_character,
    _other_transcribers,
    _direct_models,
    _models_to_choose_from,
)


def _renamed(holder: Object, place: Keys, names: dict[str, str]) -> Iterator[KeyNote]:
    for old, new in names.items():
        if old in holder:
            holder.setdefault(new, holder.pop(old))
            yield KeyNote((*place, old), Fate.RENAMED, new)
