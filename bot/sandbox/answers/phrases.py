"""What people are likely to say to the stand-in: sentences from which the recogniser learns to expect them."""

from __future__ import annotations

import random
from collections.abc import Iterator

COLOURS = (
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "golden", "grey",
)  # fmt: skip
LOOKS = (
    "little", "big", "happy", "small", "sleeping", "old", "beautiful", "sunny", "snowy", "funny",
)  # fmt: skip
THINGS = (
    "fox", "cat", "dog", "rabbit", "bear", "bird", "fish", "flower", "boat", "car", "heart", "robot", "star",
    "ball", "sun", "moon", "cloud", "mountain", "house", "tree", "castle", "horse", "dragon", "forest",
)  # fmt: skip
PLACES = (
    "in the snow", "by the sea", "in the forest", "at night", "on the beach", "on a hill", "in the garden",
    "with a hat", "under the sun", "with a green tree", "with a red roof", "in the rain", "on a mountain",
    "in the city", "in the ocean", "in winter",
)  # fmt: skip
DRAW = (
    "draw", "draw me", "please draw", "please draw me", "paint", "paint me", "please paint", "can you draw",
    "can you draw me", "can you paint", "could you paint", "i want you to draw", "make a picture of",
    "make me a picture of", "can you make a picture of", "draw a picture of", "show me a picture of",
)  # fmt: skip
FILM = (
    "make a video of", "make a clip of", "create a video of", "can you make a video of", "make me a video of",
    "make me a short video of", "film", "please make a video of",
)  # fmt: skip
SING = (
    "play me a song about", "make a song about", "sing a song about", "sing me a song about", "write a song about",
    "can you play a song about", "compose a song about", "play some music about", "make some music about",
)  # fmt: skip
SUBJECTS = (
    "the sea", "love", "summer", "a fox", "the rain", "my cat", "winter", "the mountains", "friendship", "coffee",
    "the moon", "my birthday", "a little fox",
)  # fmt: skip
NUMBERS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen",
    "twenty", "thirty", "forty", "fifty", "ninety", "hundred",
)  # fmt: skip
DEEDS = (
    "drink tea", "drink some water", "call my mother", "call mom", "feed the cat", "go to bed", "take a break",
    "check the oven", "take out the trash", "stretch", "go for a walk", "buy milk", "write an email",
    "turn off the oven", "leave", "eat lunch", "stand up",
)  # fmt: skip
SAYINGS = (
    "hello", "hello how are you", "hi there", "good morning", "good morning my friend", "good evening", "good night",
    "hey", "how are you", "how are you today", "who are you", "what are you", "what is your name", "what can you do",
    "help", "help me", "thank you", "thank you very much", "thanks", "goodbye", "bye bye", "see you later",
    "what time is it", "what time is it now", "what day is it", "what day is it today", "what is the date",
    "what is the date today", "tell me a story", "tell me a long story", "please tell me a story",
    "please tell me a long story", "tell me a joke", "tell me another joke", "can you hear me", "can you understand me",
    "what did i say", "what did i say before", "what did i just say", "do you remember what i said",
    "repeat after me hello world", "repeat after me the cat sat on the mat", "yes", "no", "yes please", "no thank you",
    "stop", "again", "once more", "this is a test", "testing one two three", "answer with your voice", "speak to me",
    "please answer aloud", "can you speak", "read it to me", "i am fine", "what is the weather like",
    "what is the weather today", "how is the weather", "where are you", "what is this",
    "what do you see in this picture", "tell me about yourself", "are you a robot", "are you real", "that is great",
    "that is nice", "very good", "what can i say", "list my reminders", "show me my reminders", "hello my friend",
    "nice to meet you",
)  # fmt: skip


def sentences() -> list[str]:
    """The sentences, each as often as it is likely; the same list every time."""
    chance = random.Random(1)
    return [*_making(chance), *_reminding(), *_counting(chance), *(saying for saying in SAYINGS for _ in range(25))]


def _things() -> Iterator[str]:
    for thing in THINGS:
        yield f"a {thing}"
        yield from (f"a {colour} {thing}" for colour in COLOURS)
        yield from (f"a {look} {thing}" for look in LOOKS)
        yield from (f"a {look} {colour} {thing}" for colour in COLOURS[:6] for look in LOOKS[:3])


def _making(chance: random.Random) -> Iterator[str]:
    """Wishes for pictures, clips and songs."""
    things = list(_things())
    for thing in things:
        for wish in chance.sample(DRAW, 4):
            yield f"{wish} {thing}"
            yield f"{wish} {thing} {chance.choice(PLACES)}"
            if chance.random() < 0.3:
                yield f"{wish} {thing} and {chance.choice(things)}"
    for thing in chance.sample(things, 200):
        for wish in FILM:
            yield f"{wish} {thing}"
        yield f"{FILM[0]} {thing} {chance.choice(PLACES)}"
    for subject in SUBJECTS:
        for wish in SING:
            yield from [f"{wish} {subject}"] * 3
    for colour in COLOURS:
        for wish in ("make it", "make this one", "make that one", "now make it", "paint it", "can you make it"):
            yield from [f"{wish} {colour}"] * 5


def _reminding() -> Iterator[str]:
    for deed in DEEDS:
        for number in NUMBERS:
            for unit in ("minutes", "seconds", "hours"):
                yield f"remind me in {number} {unit} to {deed}"
                yield f"please remind me in {number} {unit} to {deed}"
                yield f"remind me to {deed} in {number} {unit}"
        for when in ("in a minute", "in one minute", "in an hour", "tomorrow"):
            yield from [f"remind me {when} to {deed}"] * 3


def _counting(chance: random.Random) -> Iterator[str]:
    for first in NUMBERS:
        for second in NUMBERS:
            for sign in ("plus", "minus", "times", "divided by"):
                yield f"what is {first} {sign} {second}"
                if chance.random() < 0.2:
                    yield f"how much is {first} {sign} {second}"
        for ask in ("count to", "please count to", "count from one to"):
            yield from [f"{ask} {first}"] * 4
