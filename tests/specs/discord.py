"""What Discord refuses, as data: limits of its forms with the page that names each, and its error codes.

The Discord that runs on loopback answers by these rules; `tests/channels/discord/test_refusals.py` holds it to them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

DOCS = "https://discord.com/developers/docs"
MESSAGE = f"{DOCS}/resources/message"
COMPONENTS = f"{DOCS}/components/reference"
COMMANDS = f"{DOCS}/interactions/application-commands"
INTERACTIONS = f"{DOCS}/interactions/receiving-and-responding"
CODES = f"{DOCS}/topics/opcodes-and-status-codes#json"

Json = dict[str, Any]
Errors = Iterator[tuple[str, str]]  # (path of the field, what is wrong with it)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How Discord says no: the HTTP status, its own error code and the words that go with it."""

    status: int
    code: int
    message: str
    source: str = CODES


UNAUTHORIZED = Refusal(401, 0, "401: Unauthorized")
UNKNOWN_CHANNEL = Refusal(404, 10003, "Unknown Channel")
UNKNOWN_MESSAGE = Refusal(404, 10008, "Unknown Message")
UNKNOWN_WEBHOOK = Refusal(404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION = Refusal(404, 10062, "Unknown interaction")
TOO_MANY_COMMANDS = Refusal(400, 30032, "Maximum number of application commands reached (100).")
TOO_LARGE = Refusal(413, 40005, "Request entity too large")
ALREADY_ACKNOWLEDGED = Refusal(400, 40060, "Interaction has already been acknowledged.")
NOT_YOURS = Refusal(403, 50005, "Cannot edit a message authored by another user")
EMPTY = Refusal(400, 50006, "Cannot send an empty message")
INVALID_TOKEN = Refusal(401, 50027, "Invalid Webhook Token")
INVALID_RECIPIENT = Refusal(400, 50033, "Invalid Recipient(s)")
INVALID_FORM = Refusal(400, 50035, "Invalid Form Body")
INVALID_JSON = Refusal(400, 50109, "The request body contains invalid JSON.")
VOICE_WITH_MORE = Refusal(400, 50159, "Voice messages do not support additional content.")
VOICE_WITHOUT_DATA = Refusal(400, 50161, "Voice messages must have supporting metadata.")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text or a list of a form may be. `path` ends with the field, `*` stands for each entry of a list."""

    path: str
    most: int
    source: str
    least: int = 0


MESSAGE_LENGTHS = (
    Length("content", 2000, f"{MESSAGE}#create-message"),
    Length("nonce", 25, f"{MESSAGE}#create-message"),
    Length("embeds", 10, f"{MESSAGE}#create-message"),
    Length("sticker_ids", 3, f"{MESSAGE}#create-message"),
    Length("attachments", 10, f"{MESSAGE}#create-message"),
    Length("components", 5, f"{COMPONENTS}#legacy-message-component-behavior"),
    Length("components.*.components", 5, f"{COMPONENTS}#action-row", 1),
    Length("components.*.components.*.custom_id", 100, f"{COMPONENTS}#button", 1),
    Length("components.*.components.*.label", 80, f"{COMPONENTS}#button"),
    Length("allowed_mentions.users", 100, f"{MESSAGE}#allowed-mentions-object"),
    Length("allowed_mentions.roles", 100, f"{MESSAGE}#allowed-mentions-object"),
)
COMMAND_LENGTHS = (
    Length("name", 32, f"{COMMANDS}#application-command-object", 1),
    Length("description", 100, f"{COMMANDS}#application-command-object", 1),
    Length("options", 25, f"{COMMANDS}#application-command-object"),
    Length("options.*.name", 32, f"{COMMANDS}#application-command-object-application-command-option-structure", 1),
    Length(
        "options.*.description", 100, f"{COMMANDS}#application-command-object-application-command-option-structure", 1
    ),
)
COMMANDS_AT_MOST = 100  # Source: Discord docs, Application Commands, Registering a Command
PAGE_AT_MOST = 100  # Source: Discord docs, Get Channel Messages
BUTTON_STYLES = range(1, 7)  # Source: Discord docs, Component Reference, Button Styles
LINK = 5
MENTION_KINDS = {"roles", "users", "everyone"}  # Source: Discord docs, Allowed Mentions Object
REFERENCE_TYPES = {0, 1}  # Source: Discord docs, Message Reference Types
CALLBACK_TYPES = {2: {4, 5, 9, 12}, 3: {4, 5, 6, 7, 9, 12}}  # Source: Discord docs, Interaction Callback Type
# What a bot may set on a message. Source: Discord docs, Create Message, flags
SETTABLE_FLAGS = 1 << 2 | 1 << 12 | 1 << 13 | 1 << 15
_COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


def lengths(form: Json, limits: tuple[Length, ...]) -> Errors:
    """The fields that are longer or shorter than the limits say."""
    for limit in limits:
        for path, value in _at(form, limit.path.split("."), ""):
            if len(value) > limit.most:
                yield path, f"Must be {limit.most} or fewer in length."
            elif len(value) < limit.least:
                yield path, f"Must be between {limit.least} and {limit.most} in length."


def message_errors(form: Json, exists: Callable[[str], bool]) -> Errors:
    """What is wrong with a message. `exists` says whether the channel has a message with this id."""
    yield from lengths(form, MESSAGE_LENGTHS)
    yield from _button_errors(form)
    yield from _mention_errors(form.get("allowed_mentions") or {})
    reference = form.get("message_reference")
    if reference is not None:
        if reference.get("type", 0) not in REFERENCE_TYPES:
            yield "message_reference.type", "Value must be one of (0, 1)."
        elif not str(reference.get("message_id", "")).isdecimal():
            yield "message_reference.message_id", "Value is not snowflake."
        elif reference.get("fail_if_not_exists", True) and not exists(str(reference["message_id"])):
            yield "message_reference", "Unknown message"
    if form.get("flags", 0) & ~SETTABLE_FLAGS:
        yield "flags", "Invalid flags."


def _button_errors(form: Json) -> Errors:
    ids: set[str] = set()
    for path, row in _at(form, ["components", "*"], ""):
        if row.get("type") != 1:
            yield f"{path}.type", "Value must be one of (1)."
        for number, button in enumerate(row.get("components") or ()):
            here = f"{path}.components.{number}"
            if button.get("style") not in BUTTON_STYLES:
                yield f"{here}.style", "Value must be one of (1, 2, 3, 4, 5, 6)."
            if button.get("style") == LINK and ("url" not in button or "custom_id" in button):
                yield here, "A link button has a url and no custom id."
            if button.get("style") != LINK and "custom_id" not in button:
                yield f"{here}.custom_id", "A custom id and a url cannot both be missing."
            if (custom_id := button.get("custom_id")) in ids:
                yield f"{here}.custom_id", "Component custom id cannot be duplicated"
            ids.add(custom_id)


def _mention_errors(mentions: Json) -> Errors:
    parse = mentions.get("parse")
    if parse is not None and not (isinstance(parse, list) and set(parse) <= MENTION_KINDS):
        yield "allowed_mentions.parse", "Value must be one of ('users', 'roles', 'everyone')."
        return
    for kind in ("users", "roles"):
        if mentions.get(kind) and kind in (parse or ()):
            yield "allowed_mentions", f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
        if any(not str(one_id).isdecimal() for one_id in mentions.get(kind) or ()):
            yield f"allowed_mentions.{kind}", "Value is not snowflake."
    if not isinstance(mentions.get("replied_user", False), bool):
        yield "allowed_mentions.replied_user", "Must be either true or false."
    for unknown in mentions.keys() - {"parse", "users", "roles", "replied_user"}:
        yield f"allowed_mentions.{unknown}", "Unknown field."


def command_errors(commands: list[Json]) -> Errors:
    """What is wrong with the commands of an application that are put all at once."""
    names: set[str] = set()
    for number, command in enumerate(commands):
        for path, wrong in lengths(command, COMMAND_LENGTHS):
            yield f"{number}.{path}", wrong
        named = [("name", command.get("name", ""))]
        options = command.get("options") or ()
        named += [(f"options.{at}.name", option.get("name", "")) for at, option in enumerate(options)]
        for path, name in named:
            if not _COMMAND_NAME.fullmatch(name) or name != name.lower():
                yield f"{number}.{path}", f"Command name is invalid: {name}"
        option_names = [option.get("name") for option in options]
        if len(set(option_names)) < len(option_names):
            yield f"{number}.options", "Option names must be unique."
        if command.get("name") in names:
            yield f"{number}", "Application command names must be unique"
        names.add(command.get("name", ""))


def page_errors(query: dict[str, str]) -> Errors:
    """What is wrong with a request for a channel's history."""
    limit = query.get("limit", "50")
    if not limit.isdecimal():
        yield "limit", "Value is not int."
    elif not 1 <= int(limit) <= PAGE_AT_MOST:
        yield "limit", f"int value should be between 1 and {PAGE_AT_MOST}."
    for place in ("before", "after", "around"):
        if place in query and not query[place].isdecimal():
            yield place, "Value is not snowflake."


def nested(errors: Errors) -> Json:
    """The errors as Discord nests them. Source: Discord docs, Error Messages."""
    tree: Json = {}
    for path, message in errors:
        node = tree
        for key in path.split("."):
            node = node.setdefault(key, {})
        node.setdefault("_errors", []).append({"code": "BASE_TYPE_BAD", "message": message})
    return tree


def _at(value: Any, keys: list[str], path: str) -> Iterator[tuple[str, Any]]:
    if not keys:
        yield path, value
        return
    key, *rest = keys
    if key == "*":
        for number, entry in enumerate(value):
            yield from _at(entry, rest, f"{path}.{number}")
    elif value.get(key) is not None:
        yield from _at(value[key], rest, f"{path}.{key}" if path else key)
