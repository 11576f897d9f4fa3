"""Long texts, to see how a channel cuts and streams them."""

from __future__ import annotations

CHAPTERS = (
    "Once upon a time a small fox lived at the foot of a mountain, where the river makes its last bend before the "
    "sea. Every evening she climbed the first hill, sat down beside an old pine, and counted the lights of the "
    "village. There were always eleven. She knew each of them: the baker's, which went out first, the doctor's, "
    "which went out last, and the one in the lighthouse, which never went out at all.",
    "One evening there were twelve. The new light was green, and it moved. It went along the shore, stopped, went "
    "on, and stopped again, as if somebody were looking for a thing lost in the sand. The fox watched until the "
    "moon stood high. Then curiosity, which is stronger than sleep, made her trot down the path.",
    'On the beach she met a lantern with legs, or so it seemed, until she saw the girl who carried it. "I have lost '
    'the beginning of my song," said the girl. "I had it this morning. I think the tide took it." The fox had '
    'never heard of a song losing its beginning, but she knew about tides. "What the sea takes in the evening," she '
    'said, "it brings back before breakfast. You only have to stand in the right place."',
    "So they walked together, past the boats that lay on their sides like sleeping cows, past the nets that smelled "
    "of salt, and over the wet stones to the end of the pier. There they sat. The girl hummed what was left of the "
    "song. It was a good middle and a fine end, and each time it came to the place where the beginning should have "
    "been, the waves held their breath.",
    "Towards morning the wind turned. Something small and bright came in with the foam, rolled over twice and lay "
    "still. It was a shell, and in the shell were seven notes, a little damp, but whole. The girl put it to her ear "
    "and laughed. She sang the song from its first note to its last, and the eleven lights of the village came on "
    "one after another, although it was much too early.",
    "The baker came out first, with flour up to his elbows, and then the doctor in slippers. Nobody asked what had "
    "happened. In that village people knew that a song before breakfast means either a wedding or a very good reason, "
    "and both go well with warm bread. So the baker went back in and carried out a tray, and the doctor fetched a "
    "chair for the girl and, after a moment's thought, a cushion for the fox.",
    "They talked about tides and about lights. The lighthouse keeper explained why his never went out: his "
    "grandmother had once forgotten it for a single night, and in that night eleven boats had sailed past the "
    "village without noticing that it was home. They all came back within the week, but they complained about it to "
    "this day. The fox listened with her head on one side, as foxes do when they mean to remember something.",
    "The fox went home when the sun rose. She slept all day, and when evening came she climbed the hill again and "
    "counted. There were eleven lights, as always. But from one of the windows came a song that had its beginning, "
    "its middle and its end, and the fox found that she could not remember how quiet the hill had been before.",
)

CODE = '''```python
def lights(evening: int) -> int:
    """How many lights the fox counts on that evening."""
    village = 11
    visitors = {2: 1}  # the girl with the green lantern
    return village + visitors.get(evening, 0)


for evening in range(1, 8):
    count = lights(evening)
    print(f"Evening {evening}: {'*' * count} ({count})")
```'''


def long_story() -> str:
    """More than 4,500 characters of Markdown with a code block, so that every channel has to split it."""
    chapters = [f"**{number}.** {chapter}" for number, chapter in enumerate(CHAPTERS, 1)]
    again = "And because a long story should be long, here is what the old pine remembers of it."
    pine = (
        "The pine remembers the fox's steps, light as needles falling. It remembers eleven lights and then a twelfth, "
        "and that the twelfth was green. It remembers the wind turning, which pines notice before anybody else, and "
        "a song that came up the hill in pieces: first the end, then the middle, and only in the morning the "
        "beginning. Trees are patient with stories. They do not mind in which order they arrive, as long as somebody "
        "comes back in the evening, sits down, and counts."
    )
    echo = (
        "What the lighthouse remembers is shorter. It saw a small red dot and a small green dot meet on the beach, "
        "walk to the end of the pier, and wait. It turned its beam a little aside, so as not to disturb them. That is "
        "against the rules for lighthouses, and it would do it again. Since then the fishermen say that the beam "
        "blinks once, very briefly, whenever somebody on the shore begins to sing; nobody has been able to explain "
        "it, and nobody has tried very hard, because it is good to come home to."
    )
    sums = "A reader who likes to check such things can count the lights with a few lines:"
    end = "That is the whole story. Say “again” and I will tell it once more, exactly the same."
    return "\n\n".join(["# The fox who counted lights", *chapters, again, pine, echo, sums, CODE, end])
