"""From words to a scene: which things, in which colours, where."""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from bot.sandbox.drawing import animals, things
from bot.sandbox.drawing.canvas import COLOURS, Canvas, Colour, darker, lighter, mixed, sky

Painter = Callable[[Canvas, Colour], None]

SHARPNESS = 2  # drawn so many times larger and scaled down, which smooths the edges
CAPTION_CHARACTERS = 70


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """A thing that can be drawn, and its colour when none is named."""

    paint: Painter
    colour: Colour


SUBJECTS: dict[str, SubjectKind] = {
    "fox": SubjectKind(animals.fox, (214, 92, 32)), "cat": SubjectKind(animals.cat, (120, 116, 118)),
    "dog": SubjectKind(animals.dog, (168, 116, 66)), "rabbit": SubjectKind(animals.rabbit, (196, 180, 164)),
    "bear": SubjectKind(animals.bear, (120, 80, 52)), "bird": SubjectKind(animals.bird, (70, 130, 200)),
    "fish": SubjectKind(animals.fish, (238, 140, 50)), "flower": SubjectKind(things.flower, (220, 70, 110)),
    "boat": SubjectKind(things.boat, (180, 60, 50)), "car": SubjectKind(things.car, (200, 50, 50)),
    "heart": SubjectKind(things.heart, (214, 44, 64)), "robot": SubjectKind(things.robot, (150, 160, 172)),
    "star": SubjectKind(things.star, (250, 210, 80)), "ball": SubjectKind(things.ball, (210, 70, 60)),
}  # fmt: skip
SCENERY: dict[str, SubjectKind] = {
    "sun": SubjectKind(things.sun, (250, 200, 60)), "moon": SubjectKind(things.moon, (240, 236, 214)),
    "cloud": SubjectKind(things.cloud, (252, 252, 252)), "mountain": SubjectKind(things.mountain, (122, 128, 146)),
    "house": SubjectKind(things.house, (232, 214, 180)), "tree": SubjectKind(things.tree, (74, 142, 68)),
    "pine": SubjectKind(things.pine, (44, 104, 74)),
}  # fmt: skip
ALSO = {
    "foxes": "fox", "folks": "fox", "vixen": "fox", "kitten": "cat", "kitty": "cat", "puppy": "dog", "hound": "dog",
    "bunny": "rabbit", "hare": "rabbit", "sparrow": "bird", "parrot": "bird", "owl": "bird", "goldfish": "fish",
    "rose": "flower", "tulip": "flower", "sunflower": "flower", "ship": "boat", "sailboat": "boat", "sail": "boat",
    "truck": "car", "androids": "robot", "circle": "ball", "balloon": "ball", "planet": "ball",
    "mountains": "mountain", "hill": "mountain", "alps": "mountain", "peak": "mountain", "sunny": "sun",
    "sunshine": "sun", "sunset": "sun", "sunrise": "sun", "moonlight": "moon", "cottage": "house", "home": "house",
    "hut": "house", "cabin": "house", "castle": "house", "forest": "pine", "woods": "pine", "oak": "tree",
    "cloudy": "cloud", "ocean": "sea", "lake": "sea", "beach": "sea", "river": "sea", "waves": "sea", "water": "sea",
    "snowy": "snow", "winter": "snow", "ice": "snow", "midnight": "night", "evening": "night", "dark": "night",
    "starry": "night", "wolf": "dog", "teddy": "bear",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """What to draw. `subjects` and `scenery` are things with their colours, in the order named."""

    subjects: tuple[tuple[str, Colour], ...]
    scenery: tuple[tuple[str, Colour], ...]
    moods: frozenset[str]
    colours: tuple[Colour, ...]


def read(prompt: str) -> Scene:
    """The scene that the words of a prompt describe."""
    words = [_singular(word) for word in re.findall(r"[a-z]+", prompt.lower())]
    subjects: dict[str, Colour] = {}
    scenery: dict[str, Colour] = {}
    for index, word in enumerate(words):
        for vocabulary, matches in ((SUBJECTS, subjects), (SCENERY, scenery)):
            if word in vocabulary:
                matches[word] = _colour_near(words, index) or vocabulary[word].colour
    moods = frozenset(word for word in words if word in ("night", "snow", "sea"))
    if moods == {"night"} and "moon" not in scenery:
        scenery["moon"] = SCENERY["moon"].colour
    colours = tuple(COLOURS[word] for word in words if word in COLOURS)
    return Scene(tuple(subjects.items()), tuple(scenery.items()), moods, colours)


def _singular(word: str) -> str:
    word = ALSO.get(word, word)
    short = word[:-1] if word.endswith("s") else word
    return ALSO.get(short, short) if short in SUBJECTS or short in SCENERY or short in ALSO else word


def _colour_near(words: list[str], index: int) -> Colour | None:
    """The colour named just before a thing, as in "red little fox", or after it, as in "fox that is red"."""
    for back in range(index - 1, max(-1, index - 3), -1):
        if words[back] in COLOURS:
            return COLOURS[words[back]]
        if words[back] in SUBJECTS or words[back] in SCENERY:
            break
    after = words[index + 1 : index + 4]
    if len(after) >= 2 and after[0] in ("that", "is", "in", "are"):
        return next((COLOURS[word] for word in after if word in COLOURS), None)
    return None


def paint(prompt: str, width: int, height: int, variant: int = 0) -> Image.Image:
    """A picture of the scene, with the prompt as a small caption. Variants differ in arrangement."""
    scene = read(prompt)
    chance = random.Random(hashlib.sha256(f"{prompt}/{variant}".encode()).digest())
    image = _backdrop(scene, width * SHARPNESS, height * SHARPNESS)
    canvas = ImageDraw.Draw(image)
    if not scene.subjects and not scene.scenery and not scene.moods:
        _abstract(canvas, image.size, scene.colours, chance)
    _scenery(canvas, image.size, scene, variant)
    _subjects(canvas, image.size, scene, flip=variant % 2 == 1)
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    caption(small, prompt)
    return small


def _backdrop(scene: Scene, width: int, height: int) -> Image.Image:
    """Sky and ground."""
    night = "night" in scene.moods
    image = sky(width, height, *(((18, 22, 56), (70, 70, 120)) if night else ((142, 190, 226), (232, 238, 232))))
    canvas = ImageDraw.Draw(image)
    horizon = round(height * 0.66)
    if night:
        chance = random.Random(7)
        for _ in range(90):
            x, y = chance.randrange(width), chance.randrange(horizon)
            canvas.ellipse((x, y, x + 5, y + 5), fill=(240, 240, 220))
    ground: Colour = (240, 243, 248) if "snow" in scene.moods else (148, 178, 116)
    canvas.rectangle((0, horizon, width, height), fill=darker(ground, 0.45) if night else ground)
    if "sea" in scene.moods:
        water: Colour = (44, 112, 160)
        canvas.rectangle((0, horizon - height // 14, width, height), fill=water)
        for row in range(5):
            y = horizon + row * height // 16
            canvas.line(
                (width * (row % 2) // 8, y, width - width * (row % 3) // 6, y), lighter(water, 0.3), height // 180
            )
        canvas.ellipse((-width // 3, height * 0.86, width * 1.4, height * 1.5), fill=(226, 206, 160))
    return image


PLACES = {
    "sun": (0.82, 0.17, 0.24), "moon": (0.82, 0.17, 0.22), "cloud": (0.26, 0.16, 0.3), "mountain": (0.5, 0.44, 0.62),
    "house": (0.76, 0.58, 0.36), "tree": (0.17, 0.52, 0.42), "pine": (0.14, 0.5, 0.44),
}  # fmt: skip
BACK_TO_FRONT = ("sun", "moon", "cloud", "mountain", "pine", "tree", "house")


def _scenery(canvas: ImageDraw.ImageDraw, size: tuple[int, int], scene: Scene, variant: int) -> None:
    alone = len(scene.scenery) == 1 and not scene.subjects
    colours = dict(scene.scenery)
    side = min(size)
    for name in BACK_TO_FRONT:
        if name not in colours:
            continue
        x, y, share = PLACES[name]
        if alone and name in ("house", "tree", "pine"):
            x, y, share = 0.5, 0.5, 0.6
        if variant % 2 == 1:
            x = 1 - x
        brush = Canvas(canvas, x * size[0], y * size[1], share * side, flip=variant % 2 == 1)
        SCENERY[name].paint(brush, colours[name])
        if name == "pine":
            for step, smaller in ((0.16, 0.8), (0.3, 0.65), (0.72, 0.7), (0.86, 0.9)):
                SCENERY[name].paint(Canvas(canvas, step * size[0], y * size[1], share * side * smaller), colours[name])


def _subjects(canvas: ImageDraw.ImageDraw, size: tuple[int, int], scene: Scene, *, flip: bool) -> None:
    """The subjects side by side in front."""
    many = len(scene.subjects)
    side = min(size[1] * 0.78, size[0] * (0.8 if many == 1 else 1.0 / max(1, many)))
    for index, (name, colour) in enumerate(scene.subjects):
        x = size[0] * (index + 0.5) / many
        y = size[1] * (0.92 - 0.5 * side / size[1])
        if "sea" not in scene.moods:
            canvas.ellipse((x - side * 0.36, y + side * 0.42, x + side * 0.36, y + side * 0.52), fill=(96, 108, 84))
        SUBJECTS[name].paint(Canvas(canvas, x, y, side, flip=flip), colour)


def _abstract(
    canvas: ImageDraw.ImageDraw, size: tuple[int, int], colours: tuple[Colour, ...], chance: random.Random
) -> None:
    """Overlapping discs in the colours named, for words that the sandbox cannot draw."""
    palette = colours or tuple(chance.sample(sorted(COLOURS.values()), 4))
    canvas.rectangle((0, 0, *size), fill=lighter(palette[0], 0.75))
    for number in range(26):
        radius = min(size) * chance.uniform(0.05, 0.22)
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        colour = mixed(palette[number % len(palette)], (255, 255, 255), chance.uniform(0, 0.35))
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def caption(image: Image.Image, text: str) -> None:
    """Writes the text small along the lower edge."""
    line = " ".join(text.split())
    line = line if len(line) <= CAPTION_CHARACTERS else line[: CAPTION_CHARACTERS - 1] + "…"
    height = max(12, image.height // 36)
    canvas = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=height)
    while height > 8 and canvas.textlength(line, font=font) > image.width - 2 * height:
        height -= 1
        font = ImageFont.load_default(size=height)
    top = image.height - round(height * 1.9)
    canvas.rectangle((0, top, image.width, image.height), fill=(250, 248, 242))
    canvas.text((height, top + height * 0.35), line, fill=(70, 66, 64), font=font)
