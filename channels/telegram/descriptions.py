"""Message types without a text, worded: polls, places, checklists, gifts, and types that are newer than this program.

In a private chat every message is worded, so that each gets an answer; only the service messages of `SILENT` ask
for none. In a group a message that is unknown here may be any notice, so it stays without words.
Source: Telegram Bot API, Message and the types of its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.media.characters import whole

Raw = Mapping[str, Any]

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError)
STRANGE = "[a message of a kind that cannot be read here]"
STRANGE_KIND = "[a message of the kind {kind!r}, which cannot be read here]"

_GROUP = "reports a change of a group, and its members see that by themselves"
_SETTING = "reports a change of a setting that needs nothing from the bot"
_CALL = "reports a call, and the bot takes no part in calls"
_CHANNEL = "belongs to channels and their direct messages, where the bot does not talk"
_BELONGS = "changes a message that was answered already"

# Service messages that get no answer, with the reason.
SILENT: Mapping[str, str] = {
    "boost_added": _GROUP,
    "channel_chat_created": _CHANNEL,
    "chat_background_set": _SETTING,
    "chat_owner_changed": _GROUP,
    "chat_owner_left": _GROUP,
    "checklist_tasks_done": _BELONGS,
    "connected_website": _SETTING,
    "delete_chat_photo": _GROUP,
    "direct_message_price_changed": _CHANNEL,
    "forum_topic_closed": _SETTING,
    "forum_topic_created": _SETTING,
    "forum_topic_edited": _SETTING,
    "forum_topic_reopened": _SETTING,
    "general_forum_topic_hidden": _SETTING,
    "general_forum_topic_unhidden": _SETTING,
    "giveaway_completed": _CHANNEL,
    "giveaway_created": _CHANNEL,
    "group_chat_created": _GROUP,
    "left_chat_member": _GROUP,
    "managed_bot_created": _SETTING,
    "message_auto_delete_timer_changed": _SETTING,
    "migrate_from_chat_id": _GROUP,
    "migrate_to_chat_id": _GROUP,
    "new_chat_members": _GROUP,
    "new_chat_photo": _GROUP,
    "new_chat_title": _GROUP,
    "paid_message_price_changed": _SETTING,
    "pinned_message": _BELONGS,
    "poll_option_added": _BELONGS,
    "poll_option_deleted": _BELONGS,
    "proximity_alert_triggered": _GROUP,
    "suggested_post_approval_failed": _CHANNEL,
    "suggested_post_approved": _CHANNEL,
    "suggested_post_declined": _CHANNEL,
    "suggested_post_paid": _CHANNEL,
    "suggested_post_refunded": _CHANNEL,
    "supergroup_chat_created": _GROUP,
    "video_chat_ended": _CALL,
    "video_chat_participants_invited": _CALL,
    "video_chat_scheduled": _CALL,
    "video_chat_started": _CALL,
    "write_access_allowed": _SETTING,
}


def described(message: Raw) -> str:
    """A message's content without words, as words; "" when its type is not one of those that are known here."""
    for field, describe in _DESCRIBED:
        if field in message:
            try:
                return whole(describe(message[field]))
            except UNREADABLE:  # of another shape than is documented
                return STRANGE_KIND.format(kind=field)
    return ""


def described_in_private(message: Raw) -> str:
    """The same where every message is answered: words for an unknown type too; "" for service messages alone."""
    return described(message) or ("" if SILENT.keys() & message.keys() else STRANGE)


def _place(place: Raw) -> str:
    return f"latitude {place['latitude']}, longitude {place['longitude']}"


def _venue(venue: Raw) -> str:
    return f"[venue: {venue['title']}, {venue['address']}, {_place(venue['location'])}]"


def _name(person: Raw) -> str:
    return " ".join(str(name) for name in (person.get("first_name"), person.get("last_name")) if name)


def _contact(contact: Raw) -> str:
    return f"[contact: {_name(contact)}, {contact['phone_number']}]"


def _poll(poll: Raw) -> str:
    options = "".join(f"\n- {option['text']}" for option in poll["options"])
    return f"[poll: {poll['question']}]{options}"


def _tasks(tasks: list[Raw]) -> str:
    return "".join(f"\n- [{'x' if task.get('completion_date') else ' '}] {task['text']}" for task in tasks)


def _checklist(checklist: Raw) -> str:
    return f"[checklist: {checklist['title']}]{_tasks(checklist['tasks'])}"


def _users(shared: Raw) -> str:
    people = (f"{_name(user)} (id {user['user_id']})".strip() for user in shared["users"])
    return f"[shared people: {', '.join(people)}]"


def _gift(gift: Raw) -> str:
    return "\n".join(filter(None, ("[a gift]", str(gift.get("text", "")))))


def _amount(payment: Raw) -> str:
    return f"{payment['total_amount']} of the smallest unit of {payment['currency']}"


# An animation comes with a document of the same file, a venue with its location: the first field wins.
_DESCRIBED: tuple[tuple[str, Callable[[Any], str]], ...] = (
    ("venue", _venue),
    ("location", lambda place: f"[location: {_place(place)}]"),
    ("contact", _contact),
    ("poll", _poll),
    ("checklist", _checklist),
    ("checklist_tasks_added", lambda added: f"[added to the checklist]{_tasks(added['tasks'])}"),
    ("dice", lambda dice: f"[dice {dice['emoji']}: {dice['value']}]"),
    ("sticker", lambda sticker: f"[sticker {sticker.get('emoji', '')}".rstrip() + "]"),
    ("game", lambda game: f"[game: {game['title']}]"),
    ("story", lambda _: "[a story]"),
    ("paid_media", lambda paid: f"[paid media for {paid['star_count']} stars, which cannot be opened here]"),
    ("invoice", lambda invoice: f"[invoice: {invoice['title']}, {invoice['description']}, {_amount(invoice)}]"),
    ("successful_payment", lambda payment: f"[a payment of {_amount(payment)}]"),
    ("refunded_payment", lambda payment: f"[a payment of {_amount(payment)} was given back]"),
    ("users_shared", _users),
    ("chat_shared", lambda shared: f"[shared chat: {shared.get('title', '')} (id {shared['chat_id']})]"),
    ("gift", _gift),
    ("unique_gift", lambda unique: f"[a gift: {unique['gift']['name']}]"),
    ("gift_upgrade_sent", _gift),
    ("giveaway", lambda giveaway: f"[a giveaway for {giveaway['winner_count']} winners]"),
    ("giveaway_winners", lambda winners: f"[{winners['winner_count']} people won a giveaway]"),
    ("web_app_data", lambda sent: f"[from a web app, {sent['button_text']}]\n{sent['data']}"),
    ("passport_data", lambda _: "[Telegram Passport documents, which cannot be opened here]"),
)
