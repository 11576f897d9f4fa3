"""Start rehearsal: whatever `voxline run` opens before it connects, opened once without network and without a trace.

`doctor` and `config check` both ask here, so that they call a set-up good only where `run` would start.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.agent.commands.command import MENU
from bot.app_settings import agent_settings
from bot.cli.setup import Setup, refuse_missing
from bot.cli.status import running_pid
from bot.config.network import proxy_rules
from bot.core.clock import SystemClock
from bot.core.errors import ConfigError, StateError
from bot.openrouter.provider import open_openrouter
from bot.store import open_store
from bot.store.migrations import DATABASE, refuse_unusable
from bot.store.network_share import refuse_share
from channels import make_channels


def refusals(args: argparse.Namespace, setup: Setup) -> Iterator[ConfigError | StateError]:
    """Every reason for which `run` would end with status 78, in the order in which it would meet them."""
    steps: tuple[Callable[[], object], ...] = (
        lambda: refuse_missing(args, setup),
        lambda: None if setup.config.store.allow_network_share else refuse_share(setup.state),
        lambda: _refuse_database(setup.state),
        lambda: agent_settings(setup.config),
        lambda: proxy_rules(setup.config.network, setup.environ),
        lambda: asyncio.run(_open_provider(setup)),
        lambda: asyncio.run(_make_channels(setup, "telegram")),
        lambda: asyncio.run(_make_channels(setup, "discord")),
    )
    for step in steps:
        try:
            step()
        except (ConfigError, StateError) as error:
            yield error


def _refuse_database(state: Path) -> None:
    """A daemon that runs has the database open; what it is doing to it is its own business."""
    if running_pid(state) is None:
        refuse_unusable(state / DATABASE)


async def _open_provider(setup: Setup) -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="voxline-") as folder:
        async with (
            open_store(Path(folder), clock) as store,
            open_openrouter(setup.config, setup.profiles(), setup.environ, blobs=store, state_dir=None, clock=clock),
        ):
            pass


async def _make_channels(setup: Setup, name: str) -> None:
    """The adapters are made and not connected: a token that is missing or cannot be one shows here."""
    clock = SystemClock()
    others = {"telegram", "discord"} - {name}
    alone = setup.config.channels.model_copy(update=dict.fromkeys(others))
    config = setup.config.model_copy(update={"channels": alone})
    with tempfile.TemporaryDirectory(prefix="voxline-") as folder:
        async with open_store(Path(folder), clock) as store:
            make_channels(config, store=store, environ=setup.environ, menu=MENU, clock=clock, page_key="")
