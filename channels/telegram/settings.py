"""What the Telegram channel needs to know."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.core.errors import ConfigError
from bot.net.proxy import ProxyRules

PUBLIC_ROOT = "https://api.telegram.org"
MB = 1024 * 1024

_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where Telegram pushes updates to: `url` as the world sees it; `port` and `path` as the proxy hands it on.

    Source: Telegram Bot API, setWebhook (what a secret may be made of)."""

    url: str
    port: int
    secret: str = field(repr=False)
    path: str

    def __post_init__(self) -> None:
        if not _SECRET.fullmatch(self.secret):
            raise ConfigError(
                "Telegram does not take this secret",
                path="channels.telegram.webhook.secret",
                fix="Use 1 to 256 of A-Z, a-z, 0-9, _ and -, such as what `openssl rand -hex 32` prints.",
            )


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """One bot. `sends_per_second` None means 30 on the public server and no limit on an own one.

    Raises `ConfigError` for a token that cannot be one.

    Sizes: 20 MB down and 50 MB up are the public server's; an own Bot API server takes more.
    Source: Telegram Bot API, getFile and Sending files; Bots FAQ, limits.
    """

    token: str = field(repr=False)
    api_root: str = PUBLIC_ROOT
    commands: tuple[tuple[str, str], ...] = ()
    poll_seconds: int = 50
    connect_seconds: float = 10.0
    answer_seconds: float = 30.0
    upload_seconds: float = 600.0
    download_bytes: int = 20 * MB
    upload_bytes: int = 50 * MB
    sends_per_second: float | None = None
    webhook: WebhookSettings | None = None
    proxies: ProxyRules = field(default_factory=ProxyRules)

    def __post_init__(self) -> None:
        if not _TOKEN.fullmatch(self.token):
            raise ConfigError(
                "the token does not look like 123456789:letters-and-digits",
                path="channels.telegram.botToken",
                fix="Copy it again from @BotFather to where it is read from: this key, a file or TELEGRAM_BOT_TOKEN.",
            )

    @property
    def root(self) -> str:
        return self.api_root.rstrip("/")

    @property
    def rate(self) -> float | None:
        """Messages a second over all chats, None for no limit."""
        if self.sends_per_second is not None:
            return self.sends_per_second or None
        return 30.0 if self.root == PUBLIC_ROOT else None
