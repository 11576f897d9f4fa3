"""A network that goes away while the daemon runs, and comes back."""

from __future__ import annotations

from pathlib import Path

from bot.sandbox import Sandbox
from tests.daemon import configure, daemon, open_telegram
from tests.fakes.telegram_api import TelegramApi
from tests.faults.test_descriptors import until


async def test_what_came_while_the_network_was_gone_is_answered_in_order_and_once(tmp_path: Path) -> None:
    api = TelegramApi()
    async with Sandbox(words_per_second=4) as sandbox:
        await api.__aenter__()
        channels = {"telegram": open_telegram(api.root)}
        configure(tmp_path, base_url=sandbox.base_url, key=sandbox.key, channels=channels)
        async with daemon(tmp_path) as running:
            await api.wait_for(lambda: api.polling, 30)
            api.say(7, "reply with exactly: one two three four")
            await api.wait_for(lambda: api.texts(7), 30)  # it is being answered
            await api.__aexit__(None, None, None)
            api.say(7, "reply with exactly: five")
            api.say(8, "reply with exactly: six")
            await until(lambda: "part.not_sent" in running.said(), running)
            gone = [text for text in api.texts(7) + api.texts(8) if text in ("five", "six")]
            async with api:
                await api.wait_for(lambda: "five" in api.texts(7) and "six" in api.texts(8), 60)
                shown = api.texts(7)

    assert gone == []
    assert shown == ["one two three four", "five"], running.said()
