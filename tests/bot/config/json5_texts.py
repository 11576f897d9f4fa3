"""JSON5 objects written in every odd way: comments, quotes, trailing commas, line ends."""

from __future__ import annotations

import json

from hypothesis import strategies as st

KEYS = st.sampled_from(["a", "b", "model", "$x", "with space", "openrouter/auto", "ü", 'quo"te', "//", "it's"])
_BLANKS = st.sampled_from(
    ["", " ", "\n", "\n    ", "\t", " // note: { , ] \n", "/* , } */", "\r\n", " /* a\n b */ ", "// x\n// y\n\n"]
)
_SCALARS = st.sampled_from(
    ["1", "-2.5", "0x1F", "+3", ".5", "1_000", "true", "null", "'it\\'s'", '"a // b"', '"{"', "'\\\n'", '"\\\\"']
)


@st.composite
def _values(draw: st.DrawFn, depth: int) -> str:
    kind = draw(st.sampled_from(["scalar", "object", "list"])) if depth else "scalar"
    if kind == "object":
        return draw(objects_as_text(depth - 1))
    if kind == "list":
        return _joined(draw, "[", "]", [draw(_values(depth - 1)) for _ in range(draw(st.integers(0, 3)))])
    return draw(_SCALARS)


@st.composite
def objects_as_text(draw: st.DrawFn, depth: int = 3) -> str:
    """The text of an object whose keys are all different."""
    keys = draw(st.lists(KEYS, max_size=4, unique=True))
    members = []
    for key in keys:
        written = key if key.isidentifier() and draw(st.booleans()) else json.dumps(key, ensure_ascii=False)
        members.append(f"{written}{draw(_BLANKS)}:{draw(_BLANKS)}{draw(_values(depth))}")
    return _joined(draw, "{", "}", members)


def _joined(draw: st.DrawFn, opened: str, closed: str, items: list[str]) -> str:
    text = opened + draw(_BLANKS)
    for place, item in enumerate(items):
        last = place == len(items) - 1
        comma = "," if not last or draw(st.booleans()) else ""
        text += item + draw(_BLANKS) + comma + draw(_BLANKS)
    return text + closed
