"""Message types that ask for no answer: the notices that Discord posts under a person's or a server's name.

Every other type, also one that is newer than this list, is taken as a person's message.
Source: Discord docs, Message Types; discord.py 2.7, MessageType.
"""

from __future__ import annotations

_MEMBERS = "says who came or went"
_CHANNEL = "says that the channel itself was changed"
_BOOSTS = "says that the server was boosted"
_SALE = "says that something was bought"
_DISCOVERY = "says whether Discord lists the server"
_STAGE = "says what goes on on a stage"
_SAFETY = "goes to the moderators of a server"
_COMMAND = "is the answer of an app to a command that a person gave to that app"

# Type number -> why no answer is due.
NOTICES = {
    1: _MEMBERS,
    2: _MEMBERS,
    3: "says that a call rings; bots cannot take part in calls of direct chats",
    4: _CHANNEL,
    5: _CHANNEL,
    6: "says that a message was pinned",
    7: _MEMBERS,
    8: _BOOSTS,
    9: _BOOSTS,
    10: _BOOSTS,
    11: _BOOSTS,
    12: "says that a channel's announcements are followed here",
    13: "says that a stream began",
    14: _DISCOVERY,
    15: _DISCOVERY,
    16: _DISCOVERY,
    17: _DISCOVERY,
    18: "says that a thread was begun, whose messages come by themselves",
    20: _COMMAND,
    21: "repeats the message that a thread was begun on",
    22: "asks the server's owner to invite people",
    23: _COMMAND,
    24: _SAFETY,
    25: _SALE,
    26: _SALE,
    27: _STAGE,
    28: _STAGE,
    29: _STAGE,
    30: _STAGE,
    31: _STAGE,
    32: _SALE,
    36: _SAFETY,
    37: _SAFETY,
    38: _SAFETY,
    39: _SAFETY,
    44: _SALE,
    46: "says how a poll ended; the poll itself was read when it was asked",
    63: "says that the server has a new emoji",
}
