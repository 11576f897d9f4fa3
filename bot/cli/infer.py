"""`voxline infer`: one question to a model, without the bot, its history and its tools."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from typing import get_args

from bot.cli import infer_media
from bot.cli.envelope import CommandAnswer, show
from bot.cli.exit_codes import WrongUsage
from bot.cli.one_shot import open_one_shot
from bot.cli.setup import Setup, add_places, open_setup
from bot.cli.subcommands import Group
from bot.config.agents import Thinking
from bot.config.choose import find_model
from bot.core.chat import ChatRequest, Finished, Retrying, User
from bot.core.errors import ConfigError, ProviderError

CAPABILITY = "model.run"


def add(parser: argparse.ArgumentParser) -> None:
    capabilities = Group(parser, metavar="CAPABILITY")
    ask = Group(capabilities.add("model", "ask a chat model")).add("run", "print a model's answer to one prompt")
    ask.add_argument("--prompt", required=True, metavar="TEXT", help="what to ask")
    ask.add_argument("--model", default="", metavar="REF", help="which model (default: the configured one)")
    ask.add_argument(
        "--thinking", default="", choices=get_args(Thinking), metavar="LEVEL", help=", ".join(get_args(Thinking))
    )
    ask.add_argument("--local", action="store_true", help="from this process, the only way there is")
    ask.add_argument("--json", action="store_true", help="print JSON")
    add_places(ask)
    ask.set_defaults(run=run)
    infer_media.add(capabilities)


def run(args: argparse.Namespace) -> int:
    if not args.prompt.strip():
        raise WrongUsage("The prompt is empty. Write what to ask after --prompt.")
    setup = open_setup(args)
    try:
        model = find_model(setup.config.agents.defaults, args.model or setup.config.agents.defaults.model.primary)
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    answered = asyncio.run(_ask(setup, ChatRequest(model, (User(args.prompt),), thinking=args.thinking)))
    return show(answered, as_json=args.json)


async def _ask(setup: Setup, request: ChatRequest) -> CommandAnswer:
    attempts: list[str] = []
    try:
        async with open_one_shot(setup) as one_shot, aclosing(one_shot.provider.chat.stream(request)) as events:
            async for event in events:
                match event:
                    case Retrying(tell=tell):
                        attempts.append(tell)
                    case Finished(assistant=answer, usage=usage) if answer.text.strip():
                        outputs = ({"text": answer.text},)
                        return CommandAnswer(CAPABILITY, request.model, outputs, tuple(attempts), usage.cost_microusd)
                    case _:
                        pass  # what has been said so far: the whole of it comes at the end
    except ProviderError as error:
        return CommandAnswer(CAPABILITY, request.model, attempts=tuple(attempts), error=str(error))
    return CommandAnswer(
        CAPABILITY, request.model, attempts=tuple(attempts), error="The model answered without any text."
    )
