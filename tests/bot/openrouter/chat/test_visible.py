"""What of a model's text people see."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.openrouter.chat.visible import PieceKind, VisibleText


def sort(*texts: str) -> tuple[str, str]:
    """What is visible in the end, and what was hidden."""
    sorter, visible, hidden = VisibleText(), "", ""
    pieces = [found for text in texts for found in sorter.feed(text)] + sorter.finish()
    for kind, piece in pieces:
        match kind:
            case PieceKind.VISIBLE:
                visible += piece
            case PieceKind.HIDDEN:
                hidden += piece
            case PieceKind.VOID:
                visible, hidden = "", hidden + visible
    return visible, hidden


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("plain", "plain"),
        ("<think>secret</think>said", "said"),
        ("<THINK foo='1'>secret</Think >said", "said"),
        ("a <thinking>secret</thinking> b", "a  b"),
        ("said <thought>never closed", "said "),
        ("leaked thought</think>said", "said"),
        ('said <tool_call>{"name": 1}</tool_call>', "said "),
        ("2 < 3 and <b>bold</b> stay", "2 < 3 and <b>bold</b> stay"),
        ("the `<think>` tag stays", "the `<think>` tag stays"),
        ("``a ` <think>`` stays", "``a ` <think>`` stays"),
        ("```\n<think>code</think>\n```\n<think>secret</think>!", "```\n<think>code</think>\n```\n!"),
        ("~~~xml\n<think>\n~~~\nx", "~~~xml\n<think>\n~~~\nx"),
        ("one ` tick\n<think>secret</think>x", "one ` tick\nx"),
        ("<thinker> stays", "<thinker> stays"),
        ("ends with <thin", "ends with <thin"),
        ("<think><b>x</b></think>y", "y"),
        ("<reasoning>secret</reasoning>said", "said"),
        ("<seed:think>secret</seed:think>said", "said"),
        ('said <invoke name="f"><parameter name="x">1</parameter></invoke> and more', "said  and more"),
        ("said <function=reminder><parameter=x>1</parameter></function>", "said "),
        ("said </tool_call>", "said "),
        ("[THINK]secret[/THINK]said", "said"),
        ("leaked[/THINK]said", "said"),
        ('said\n[TOOL_CALLS][{"name": "f"}]', "said\n"),
        ("mention of [TOOL_CALLS] and [THINK] in a line", "mention of [TOOL_CALLS] and [THINK] in a line"),
        ("[a list] and [x](y)", "[a list] and [x](y)"),
        (
            "<|channel|>analysis<|message|>secret<|end|><|start|>assistant<|channel|>final<|message|>said<|return|>",
            "said",
        ),
        ("<|start|>assistant<|message|>said<|end|>", "said"),
        ("<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>", ""),
        (
            "said<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}"
            "<|tool_call_end|><|tool_calls_section_end|>",
            "said",
        ),
        ("said<｜tool▁calls▁begin｜>secret<｜tool▁calls▁end｜>", "said"),
        ("said<|im_end|><|endoftext|>", "said"),
        ("`<|channel|>` and `[THINK]` stay", "`<|channel|>` and `[THINK]` stay"),
        ("a <|b|> c | <| d", "a <|b|> c | <| d"),
    ],
)
def test_thinking_is_hidden_and_everything_else_stays(text: str, visible: str) -> None:
    assert sort(text)[0] == visible
    assert sort(*text)[0] == visible


PIECES = [
    "<think>",
    "</think>",
    "<",
    "`",
    "```",
    "~~~",
    "\n",
    "a ",
    "<tool_call>",
    "</tool_call>",
    "</",
    "<think ",
    ">",
    "[THINK]",
    "[/THINK]",
    "[TOOL_CALLS]",
    "<function=f>",
    "</function>",
    "<|channel|>",
    "<|message|>",
    "<|end|>",
    "final",
    "analysis",
    "<|tool_calls_section_begin|>",
    "<|tool_calls_section_end|>",
    "<|im_end|>",
    "|",
    "[",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.lists(st.integers(0, 60), max_size=8))
def test_however_the_text_is_cut_the_same_is_visible(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})

    assert sort(*(text[a:b] for a, b in pairwise(edges))) == sort(text) == sort(*text)


def test_text_without_marks_is_passed_on_at_once() -> None:
    assert VisibleText().feed("Hello ") == [(PieceKind.VISIBLE, "Hello ")]
