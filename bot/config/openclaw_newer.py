"""Migration rules for the newest OpenClaw shape: agents by id, media models by capability, proxies by channel.

Source: OpenClaw documentation, configuration reference, 2026.9.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from bot.config.openclaw_notes import Fate, KeyNote, Object, at


def agent_entries(config: Object) -> Iterator[KeyNote]:
    """The newer agents.entries, by id, became agents.list: the default one first, else main, else the first."""
    agents = at(config, "agents")
    entries = agents.get("entries") if agents is not None else None
    if agents is None or not isinstance(entries, dict) or "list" in agents:
        return
    named = {name: agent for name, agent in entries.items() if isinstance(agent, dict)}
    default = next((name for name, agent in named.items() if agent.get("default") is True), "")
    first = default or ("main" if "main" in named else next(iter(named), ""))
    del agents["entries"]
    if not first:
        return
    agent = {"id": first, **named[first]}
    identity = at(agent, "identity") or {}
    agents["list"] = [agent]
    for key in named[first]:
        if key != "identity":
            yield KeyNote(("agents", "entries", first, key), Fate.RENAMED, f"agents.list[0].{key}")
    if isinstance(identity.get("name"), str):
        agent.setdefault("name", identity["name"])
        yield KeyNote(("agents", "entries", first, "identity", "name"), Fate.RENAMED, "agents.list[0].name")
    agent.pop("identity", None)
    for name in named:
        if name != first:
            yield KeyNote(("agents", "entries", name), Fate.DROPPED, "one agent answers everywhere")


def media_models(config: Object) -> Iterator[KeyNote]:
    """Of the newer tools.media.models those that hear became tools.media.audio.models."""
    media = at(config, "tools", "media")
    models = media.get("models") if media is not None else None
    if media is None or not isinstance(models, list):
        return
    hearing: list[JsonValue] = []
    for number, model in enumerate(models):
        capabilities = model.get("capabilities") if isinstance(model, dict) else None
        if isinstance(model, dict) and isinstance(capabilities, list) and "audio" in capabilities:
            hearing.append({key: value for key, value in model.items() if key != "capabilities"})
            yield KeyNote(("tools", "media", "models", number), Fate.RENAMED, "tools.media.audio.models")
        else:
            yield KeyNote(("tools", "media", "models", number), Fate.DROPPED, "pictures need no model of their own")
    del media["models"]
    audio = media.setdefault("audio", {})
    if hearing and isinstance(audio, dict):
        audio.setdefault("models", hearing)


def proxies(config: Object) -> Iterator[KeyNote]:
    """channels.telegram.proxy and channels.discord.proxy became network.proxy, for all."""
    for name in ("telegram", "discord"):
        channel = at(config, "channels", name)
        if channel is not None and isinstance(address := channel.get("proxy"), str) and address.startswith("http"):
            del channel["proxy"]
            network = config.setdefault("network", {})
            if isinstance(network, dict):
                network.setdefault("proxy", address)
            yield KeyNote(("channels", name, "proxy"), Fate.RENAMED, "network.proxy, for the provider too")
