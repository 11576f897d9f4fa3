"""What the stand-in answers: simple rules over the conversation. It is not a language model and says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox.answers.numbers import arithmetic, digits
from bot.sandbox.answers.stories import long_story
from bot.sandbox.answers.tool_calls import Offer, offers, reminder_call
from bot.sandbox.fault_player import as_json
from bot.sandbox.wire import Json

INTRODUCTION = (
    "Hello! Just so you know: I am the Voxline sandbox, a small stand-in on this computer and not a real language "
    "model. To talk to a real one, run `voxline onboard` or set OPENROUTER_API_KEY."
)
ABILITIES = (
    "Here is what you can try with me, typed or spoken:\n"
    "- “draw a red fox” or “paint a blue house by the sea”\n"
    "- “make a video of a sunny mountain” or “play me a song about the sea”\n"
    "- “remind me in 2 minutes to drink tea”\n"
    "- “tell me a long story”, “what time is it”, “what is 7 times 8”, “count to ten”\n"
    "- “what did I say before”, “repeat after me: hello”"
)


@dataclass(frozen=True, slots=True)
class SayWords:
    """Answer in words. `exact` leaves out the introduction."""

    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class CallTool:
    """Call a tool; `arguments` is JSON text, `call_id` "" for an id of the usual form."""

    tool: str
    arguments: str
    call_id: str = ""


NextStep = SayWords | CallTool


@dataclass(frozen=True, slots=True)
class PersonAsks:
    """A request as the rules see it. `text` is what the person last said, `low` the same in lower case
    with digits; `pictured` says whether they showed a picture, and `seen` describes it."""

    text: str
    low: str
    earlier: tuple[str, ...]
    results: tuple[tuple[str, str], ...]
    tools: dict[str, Offer]
    now: datetime
    pictured: bool
    seen: str


def next_step(body: Json, now: datetime, seen: str = "") -> NextStep:
    """The stand-in's next step in this conversation. `seen` describes the pictures of the last message."""
    messages: list[Json] = body["messages"]
    question = _asked(messages, offers(body.get("tools") or []), now, seen)
    step = next(step for rule in RULES if (step := rule(question)) is not None)
    if isinstance(step, SayWords) and not step.exact and _is_first(messages):
        return SayWords(f"{INTRODUCTION}\n\n{step.text}")
    return step


def _is_first(messages: list[Json]) -> bool:
    return not any(message["role"] == "assistant" and words_of(message).strip() for message in messages)


def _asked(messages: list[Json], tools: dict[str, Offer], now: datetime, seen: str) -> PersonAsks:
    texts = [plain for message in messages if message["role"] == "user" and (plain := spoken_part(words_of(message)))]
    text = texts[-1] if texts else ""
    shown = isinstance(messages[-1].get("content"), list) and "image_url" in str(
        [part.get("type") for part in messages[-1]["content"]]
    )
    return PersonAsks(text, digits(text.lower()), tuple(texts[:-1]), _results(messages), tools, now, shown, seen)


def words_of(message: Json) -> str:
    """The text of a message, whatever form its content has."""
    content = message.get("content")
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part.get("type") == "text")
    return content if isinstance(content, str) else ""


def spoken_part(text: str) -> str:
    """What the person said themselves: without quoted material and remarks in brackets."""
    text = re.sub(r"<untrusted (\w+)[^>]*>.*?</untrusted \1>", "", text, flags=re.DOTALL)
    return re.sub(r"^\[[^\]\n]*\]\s*", "", text, flags=re.MULTILINE).strip()


def _results(messages: list[Json]) -> tuple[tuple[str, str], ...]:
    """Name and text of the tool results at the end of the conversation, which are still unanswered."""
    names = {call["id"]: call["function"]["name"] for message in messages for call in message.get("tool_calls") or ()}
    results: list[tuple[str, str]] = []
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if message["role"] == "tool":
            results.append((names.get(message["tool_call_id"], ""), words_of(message)))
        elif message["role"] != "user" or index == 0 or messages[index - 1]["role"] != "tool":
            break  # a user message right after a tool result shows the pictures of that result
    return tuple(reversed(results))


# --- the rules, in the order in which they are asked ---------------------------------------------


def _exactly(question: PersonAsks) -> NextStep | None:
    match = re.search(r"(?:reply|answer|respond) with exactly:?\s*(.+)", question.text, re.IGNORECASE | re.DOTALL)
    return SayWords(match.group(1).strip().strip('"“”'), exact=True) if match and not question.results else None


def _after_a_tool(question: PersonAsks) -> NextStep | None:
    if not question.results:
        return None
    name, result = question.results[-1]
    first = re.sub(r"\s*\b(Tell|Ask) (the person|for)\b[^.]*\.", "", result.strip().split("\n")[0])[:300]
    if re.search(NOT_DONE, result, re.IGNORECASE):
        return SayWords(f"That did not work. {first}")
    if at := re.search(r"\bset for ([^(.]+)", result, re.IGNORECASE):
        return SayWords(f"I will remind you: {at.group(1).strip()}.")
    for kind, sentence in CLOSING.items():
        if kind in name:
            return SayWords(sentence if re.search(ON_ITS_WAY, result, re.IGNORECASE) else f"That did not work. {first}")
    return SayWords(f"Done. {first}" if first else "Done.")


NOT_DONE = r"^not started|\b(error|failed|cannot|could not|refused|denied|not allowed|no longer)\b"
ON_ITS_WAY = r"\b(deliver\w*|started|drawn|made|ready|done|on (its|the) way|ok)\b"
CLOSING = {
    "image": "Here is your picture. Tell me a colour and I will draw it anew.",
    "video": "Your clip is in the works. It will appear here when it is ready.",
    "music": "Your song is in the works. It will appear here when it is ready.",
}


def _repeat(question: PersonAsks) -> NextStep | None:
    match = re.search(
        r"\b(?:repeat after me|please repeat|say after me|echo)\b[:,]?\s*(.+)", question.text, re.I | re.S
    )
    return SayWords(match.group(1).strip()) if match else None


def _remember(question: PersonAsks) -> NextStep | None:
    if not re.search(
        r"\bwhat (did|have|had) i\b.*\b(say|said|tell|told|ask|asked|before)\b|\bdo you remember\b", question.low
    ):
        return None
    if not question.earlier:
        return SayWords("This is the first thing you have said to me in this conversation.")
    return SayWords(f"Before this you said: “{question.earlier[-1][:500]}”")


def _remind(question: PersonAsks) -> NextStep | None:
    if not re.search(r"\bremind\w*\b|\breminder\b", question.low):
        return None
    tool = next((name for name in question.tools if "remind" in name), "")
    if not tool:
        return SayWords("I would remind you, but I was not given a tool for reminders here.")
    arguments = reminder_call(question.tools[tool], question.text, question.now)
    if arguments is None:
        return SayWords("Tell me when, for instance: remind me in 2 minutes to drink tea.")
    return CallTool(tool, as_json(arguments))


def _make(kind: str, pattern: str, noun: str) -> Callable[[PersonAsks], NextStep | None]:
    """The rule that hands requests of one kind to the tool for it."""

    def rule(question: PersonAsks) -> NextStep | None:
        if not re.search(pattern, question.low):
            return None
        tool = (
            f"{kind}_generate"
            if f"{kind}_generate" in question.tools
            else next((n for n in question.tools if kind in n), "")
        )
        if not tool:
            return SayWords(f"I would make {noun} of that, but I was not given a tool for it here.")
        return CallTool(
            tool, as_json(question.tools[tool].filled({"prompt": subject(question.text), **_hints(question)}))
        )

    return rule


def _hints(question: PersonAsks) -> Json:
    """What else was said about the thing to make, under the names tools have for it."""
    hints: Json = {"edit": True, "useImages": True, "useImage": True} if question.pictured else {}
    if many := re.search(r"\b(\d+) (?:\w+ )?(?:pictures|images|drawings)\b", question.low):
        hints |= {"count": min(4, int(many.group(1)))}
    if long := re.search(r"\b(\d+)[ -]seconds?\b", question.low):
        hints |= {"durationSeconds": int(long.group(1))}
    return hints


def _recolour(question: PersonAsks) -> NextStep | None:
    """A colour after a drawing ("make it blue"): the same thing in that colour."""
    match = re.search(COLOUR_ALONE, question.low)
    drawn = next((text for text in reversed(question.earlier) if re.search(DRAW, text.lower())), "")
    if match is None or question.pictured or not drawn or "image_generate" not in question.tools:
        return None
    plain = re.sub(COLOUR, "", subject(drawn), flags=re.IGNORECASE)
    prompt = " ".join(f"{match.group(1)} {plain}".split())
    return CallTool("image_generate", as_json(question.tools["image_generate"].filled({"prompt": prompt})))


def subject(text: str) -> str:
    """What is to be made: the request without its please and draw me."""
    plain = re.sub(
        r"^\W*(?:(?:hey|hi|hello|ok|okay|please|now|and|can|could|would|will|you|i|want|to|like|have|see)\b[\s,]*)*"
        r"(?:(?:draw|paint|sketch|make|create|generate|show|give|play|sing|compose|write|render|film)\b\s*)?"
        r"(?:me\b\s*|us\b\s*)?(?:(?:a|an|the|in)\s+)?"  # a recogniser hears "draw a red fox" as "draw in red fox"
        r"(?:(?:short|little|nice)\s+)?"
        r"(?:(?:picture|image|painting|drawing|photo|video|clip|movie|song|melody|tune)s?\b\s*(?:of|about|with|showing)\s+)?",
        "",
        text,
        flags=re.IGNORECASE,
    )
    return plain.strip(" .!?") or text.strip()


def _look(question: PersonAsks) -> NextStep | None:
    return SayWords(question.seen) if question.seen else None


def _story(question: PersonAsks) -> NextStep | None:
    return (
        SayWords(long_story())
        if re.search(r"\bstory\b|\blong (answer|text|reply)\b|^again\W*$", question.low)
        else None
    )


def _clock(question: PersonAsks) -> NextStep | None:
    if re.search(r"\bwhat time\b|\bthe time\b|\bclock\b", question.low):
        return SayWords(f"It is {question.now:%H:%M} UTC.")
    if re.search(r"\bwhat (day|date)\b|\btoday\b|\bthe date\b|\bwhich day\b", question.low):
        return SayWords(f"Today is {question.now:%A}, {question.now.day} {question.now:%B %Y}.")
    return None


def _sum(question: PersonAsks) -> NextStep | None:
    match = arithmetic(question.text)
    return SayWords(f"{match[0]} = {match[1]}") if match else None


def _count(question: PersonAsks) -> NextStep | None:
    match = re.search(r"\bcount\b.*?\bto (\d+)", question.low)
    if match:
        return SayWords(", ".join(str(number) for number in range(1, min(int(match.group(1)), 500) + 1)) + ".")
    match = re.search(
        r"\bhow many (words|letters|characters)\b[^:]*:?\s*(.*)", question.text, re.IGNORECASE | re.DOTALL
    )
    if match:
        what, text = match.group(1).lower(), match.group(2)
        number = len(text.split()) if what == "words" else sum(c.isalpha() or what == "characters" for c in text)
        return SayWords(f"That is {number} {what}.")
    return None


def _shorten(question: PersonAsks) -> NextStep | None:
    match = re.match(r"\W*(?:please\s+)?summari[sz]e\b[^:\n]*[:\n]\s*(.+)", question.text, re.IGNORECASE | re.DOTALL)
    if match is None:
        return None
    sentences = re.split(r"(?<=[.!?])\s+", match.group(1).strip())
    return SayWords(" ".join(sentences[:2])[:600])


def _manners(question: PersonAsks) -> NextStep | None:
    for pattern, answer in MANNERS:
        if re.search(pattern, question.low):
            return SayWords(answer)
    return None


GREETING = "Hello! What shall we try? Say “help” to see what I can do."
MANNERS = (
    (r"\bhelp\b|\bwhat can you\b|\bwhat do you do\b", ABILITIES),
    (
        r"\bwho are you\b|\bwhat are you\b|\byour name\b",
        "I am the stand-in of the Voxline sandbox: a few hundred lines of rules, no language model.",
    ),
    (r"\bjoke\b", "Why did the fox cross the network? To get to the other slide of the handshake."),
    (r"\bthank", "You are welcome."),
    (r"\b(good ?bye|bye|good night|see you)\b", "Goodbye, and come back soon."),
    (r"\bhow are you\b", "I am well, thank you: all my rules are in order. What shall we try?"),
    (r"^\W*(hello|hi|hey|good (morning|evening|afternoon|day)|greetings|test)\b", GREETING),
)  # fmt: skip


def _echo(question: PersonAsks) -> NextStep | None:
    if not question.text:
        return SayWords("I did not catch any words. Say “help” to see what I can do.")
    heard = question.text if len(question.text) <= 300 else question.text[:299] + "…"
    return SayWords(
        f"I understood: “{heard}” That is beyond a stand-in, but say “help” and I will show you what I can do."
    )


COLOUR = r"\b(red|blue|green|yellow|orange|purple|pink|black|white|brown|gold|silver|gr[ae]y)\b"
COLOUR_ALONE = (
    rf"^\W*(?:(?:please|now|make|turn|colou?r|draw|paint|it|this|that|one|1|in)\s+)*{COLOUR}\W*(?:please)?\W*$"
)
DRAW = (
    r"\b(draw\w*|paint\w*|sketch\w*|picture|image|photo|illustrat\w*)\b|"
    rf"\b(make|turn|colou?r) (it|this|that)\b.*{COLOUR}"
)
RULES: tuple[Callable[[PersonAsks], NextStep | None], ...] = (
    _exactly,
    _after_a_tool,
    _repeat,
    _shorten,
    _remember,
    _remind,
    _make("video", r"\b(video|clip|movie|film|animation)s?\b", "a clip"),
    _make("music", r"\b(songs?|music|melod\w+|tune|sing)\b", "a song"),
    _recolour,
    _make("image", DRAW, "a picture"),
    _look,
    _story,
    _clock,
    _sum,
    _count,
    _manners,
    _echo,
)
