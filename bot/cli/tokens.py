"""Bot tokens checked live: whose they are, and which permissions and intents are still missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp
from pydantic import JsonValue

from bot import __version__
from bot.core.errors import ChannelDown, NotSent
from bot.net.proxy import ProxyRules

_SECONDS = aiohttp.ClientTimeout(total=15)
_DIRECT = ProxyRules()
# Source: Discord developer documentation, User Agent.
_DISCORD_NAME = f"DiscordBot (https://voxline.example, {__version__})"

# View channels, send, embed, attach, read history, add reactions, threads, voice messages.
# Source: Discord developer documentation, permissions.
_PERMISSIONS = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 6 | 1 << 38 | 1 << 46
# Message content intent, for verified and for small bots. Source: Discord, application flags.
_MESSAGE_CONTENT = 1 << 18 | 1 << 19


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """`reads_groups` is true when privacy mode is off: then the bot sees every message of a group."""

    id: int
    username: str
    reads_groups: bool

    @property
    def shown(self) -> str:
        return f"connected as @{self.username}"

    @property
    def link(self) -> str:
        return f"https://t.me/{self.username}"


@dataclass(frozen=True, slots=True)
class TelegramPerson:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class DiscordBot:
    """`reads_content` is true when the message content intent is switched on.

    The owner is who made the application, "" when Discord does not say.
    """

    name: str
    application: str
    reads_content: bool
    owner_id: str = ""
    owner_name: str = ""

    @property
    def shown(self) -> str:
        return f"connected as {self.name}"

    @property
    def invite(self) -> str:
        """The page where a server's manager lets the bot in."""
        query = {"client_id": self.application, "scope": "bot applications.commands", "permissions": _PERMISSIONS}
        return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


async def telegram_bot(
    token: str, api_root: str = "https://api.telegram.org", *, proxies: ProxyRules = _DIRECT
) -> TelegramBot:
    """The bot behind a token. Raises `ChannelDown` when it is refused, `NotSent` when the service does not answer.

    Source: Telegram Bot API, getMe.
    """
    if not token.replace(":", "").replace("-", "").replace("_", "").isalnum():
        raise ChannelDown("That is no Telegram token: one looks like 123456789:AA… Copy it from @BotFather again.")
    status, answer = await _get("Telegram", f"{api_root}/bot{token}/getMe", {}, proxies)
    user = answer.get("result")
    # 404 in Telegram's own words is a token that never was one; 404 in other words is another server.
    if status == 401 or (status == 404 and answer.get("ok") is False):
        raise ChannelDown("Telegram refuses this token. Copy it from @BotFather again, or make a new one with /token.")
    if not isinstance(user, dict):
        raise _stranger("Telegram", status)
    return TelegramBot(_number(user.get("id")), str(user.get("username", "")), user.get(_READS_GROUPS) is True)


_READS_GROUPS = "can_read_all_group_messages"


async def discord_bot(
    token: str, api_base: str = "https://discord.com/api/v10", *, proxies: ProxyRules = _DIRECT
) -> DiscordBot:
    """The bot behind a token. Raises `ChannelDown` when it is refused, `NotSent` when the service does not answer.

    Source: Discord developer documentation, current application.
    """
    if not token.isascii() or any(letter.isspace() for letter in token):
        raise ChannelDown("That is no Discord token. Copy it from the Bot page of the application again.")
    headers = {"Authorization": f"Bot {token}", "User-Agent": _DISCORD_NAME}
    status, application = await _get("Discord", f"{api_base}/applications/@me", headers, proxies)
    if status == 401:
        raise ChannelDown(
            "Discord refuses this token. Reset it on the Bot page of discord.com/developers/applications."
        )
    if status != 200 or "id" not in application:
        raise _stranger("Discord", status)
    owner, team = _object(application.get("owner")), _object(application.get("team"))
    return DiscordBot(
        name=str(_object(application.get("bot")).get("username") or application.get("name", "")),
        application=str(application["id"]),
        reads_content=bool(_number(application.get("flags")) & _MESSAGE_CONTENT),
        owner_id=str(team.get("owner_user_id") or owner.get("id") or ""),
        owner_name="" if team else str(owner.get("username", "")),
    )


async def telegram_people(token: str, api_root: str, *, proxies: ProxyRules = _DIRECT) -> tuple[TelegramPerson, ...]:
    """Who wrote to the bot in private lately, newest first. Nothing is confirmed: the bot will read it all again.

    Raises as `telegram_bot`. Source: Telegram Bot API, getUpdates.
    """
    query = urlencode({"allowed_updates": json.dumps(["message"])})
    status, answer = await _get("Telegram", f"{api_root}/bot{token}/getUpdates?{query}", {}, proxies)
    updates = answer.get("result")
    if status == 409:
        raise ChannelDown("Another program reads this bot's messages. Stop it first.")
    if not isinstance(updates, list):
        raise _stranger("Telegram", status)
    people: dict[int, TelegramPerson] = {}
    for update in reversed(updates):
        message = _object(_object(update).get("message"))
        sender, chat = _object(message.get("from")), _object(message.get("chat"))
        number = _number(sender.get("id"))
        if number and chat.get("type") == "private" and sender.get("is_bot") is not True:
            people.setdefault(number, TelegramPerson(number, str(sender.get("first_name", ""))))
    return tuple(people.values())


async def _get(
    service: str, url: str, headers: dict[str, str], proxies: ProxyRules
) -> tuple[int, dict[str, JsonValue]]:
    """Status and JSON object. Errors never name the address: a token may stand in it."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_SECONDS, headers=headers) as session,
            session.get(url, allow_redirects=False, proxy=proxies.proxy_for(url)) as response,
        ):
            body, status = await response.read(), response.status
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        raise NotSent(
            f"{service} does not answer ({type(error).__name__}). Check the network, then try again."
        ) from None
    if status >= 500 or status == 429:
        raise NotSent(f"{service} has a problem (HTTP {status}). Try again in a minute.")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    return status, answer if isinstance(answer, dict) else {}


def _stranger(service: str, status: int) -> NotSent:
    """An answer that the service itself would not give: it says nothing about the token."""
    return NotSent(
        f"{service} does not answer in its own words (HTTP {status}): a proxy, a sign-in page of the network, or a"
        " wrong address stands in between. Check the network, then try again."
    )


def _object(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
