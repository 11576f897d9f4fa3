"""`voxline infer`: one question to a model, without the bot, its history and its tools."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import aclosing
from dataclasses import dataclass
from typing import get_args

from bot.cli.exits import FAILED, OK, WrongUsage
from bot.cli.provider import open_chat
from bot.cli.setup import Setup, add_places, open_setup
from bot.config.agents import Thinking
from bot.config.choose import find_model
from bot.core.chat import ChatRequest, Finished, Retrying, User
from bot.core.errors import ConfigError, ProviderError


def add(parser: argparse.ArgumentParser) -> None:
    capabilities = parser.add_subparsers(metavar="CAPABILITY", required=True)
    model = capabilities.add_parser("model", help="a chat model")
    ask = model.add_subparsers(metavar="COMMAND", required=True).add_parser(
        "run", help="print its answer to one prompt"
    )
    ask.add_argument("--prompt", required=True, metavar="TEXT", help="what to ask")
    ask.add_argument("--model", default="", metavar="REF", help="which model (default: the configured one)")
    ask.add_argument("--thinking", default="", choices=get_args(Thinking), metavar="LEVEL", help="how hard to think")
    ask.add_argument("--local", action="store_true", help="from this process, the only way there is")
    ask.add_argument("--json", action="store_true", help="print JSON")
    add_places(ask)
    ask.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Told:
    """How it went. `attempts` says in a sentence each why it was tried again; `error` is "" on success."""

    model: str
    text: str = ""
    attempts: tuple[str, ...] = ()
    error: str = ""


def run(args: argparse.Namespace) -> int:
    if not args.prompt.strip():
        raise WrongUsage("The prompt is empty. Write what to ask after --prompt.")
    setup = open_setup(args)
    try:
        model = find_model(setup.config.agents.defaults, args.model or setup.config.agents.defaults.model.primary)
    except ConfigError as error:
        raise WrongUsage(str(error)) from None
    told = asyncio.run(_ask(setup, ChatRequest(model, (User(args.prompt),), thinking=args.thinking)))
    _show(told, as_json=args.json)
    return FAILED if told.error else OK


async def _ask(setup: Setup, request: ChatRequest) -> Told:
    attempts: list[str] = []
    try:
        async with open_chat(setup) as chat, aclosing(chat.stream(request)) as events:
            async for event in events:
                match event:
                    case Retrying(tell=tell):
                        attempts.append(tell)
                    case Finished(assistant=answer) if answer.text.strip():
                        return Told(request.model, answer.text, tuple(attempts))
                    case _:
                        pass  # what has been said so far: the whole of it comes at the end
    except ProviderError as error:
        return Told(request.model, attempts=tuple(attempts), error=str(error))
    return Told(request.model, attempts=tuple(attempts), error="The model answered without any text.")


def _show(told: Told, *, as_json: bool) -> None:
    """The answer alone, or the envelope that scripts made for OpenClaw read."""
    if not as_json:
        print(told.text if told.text else f"voxline: {told.error}", file=sys.stdout if told.text else sys.stderr)
        return
    envelope = {
        "ok": not told.error,
        "capability": "model.run",
        "transport": "local",
        "provider": "openrouter",
        "model": told.model,
        "attempts": [{"reason": reason} for reason in told.attempts],
        "outputs": [{"text": told.text}] if told.text else [],
        **({"error": told.error} if told.error else {}),
    }
    print(json.dumps(envelope, ensure_ascii=False, indent=2))
