"""The local page's address over the control socket: renewing its key while the daemon runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from bot.app_health import App
from bot.config.page_key import new_page_key
from bot.ops.control import Answer, Facts


def page_answers(app: App, state: Path) -> Mapping[str, Answer]:
    """`page.new`: from now on only the new address opens the page."""

    async def renewed(_: Mapping[str, str]) -> Facts:
        key = await asyncio.to_thread(new_page_key, state)
        if (page := app.links.channels.get("web")) is not None:
            page.token = key  # type: ignore[attr-defined]  # the one channel that has one
        return {"page": app.page}

    return {"page.new": renewed}
