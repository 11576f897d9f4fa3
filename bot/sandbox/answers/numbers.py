"""Numbers as people say them, and sums."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable

SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SPOKEN = (
    (r"\bdivided by\b|\bover\b", "/"),
    (r"\bmultiplied by\b|\btimes\b", "*"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"(?<=\d)\s*[x×]\s*(?=\d)", "*"),
    (r"÷", "/"),
    (r"\^", "**"),
)
SUM = re.compile(r"(?:[-+(]\s*)*\d+(?:\.\d+)?(?:\s*\)*\s*(?:\*\*|[-+*/%])\s*(?:[-+(]\s*)*\d+(?:\.\d+)?\)*)+")
LARGEST = 1e15


def digits(text: str) -> str:
    """The text with number words (up to a hundred thousand or so) as digits."""
    out: list[str] = []
    value: int | None = None
    for token in re.findall(r"[A-Za-z]+|[^A-Za-z]+", text):
        word = token.lower()
        if word in SMALL or word in TENS:
            value = (value or 0) + SMALL.get(word, TENS.get(word, 0))
        elif word in ("hundred", "thousand") and value is not None:
            value *= 100 if word == "hundred" else 1000
        elif value is not None and re.fullmatch(r"[ -]+", token):
            out.append(token)
        else:
            _flush(out, value)
            value = None
            out.append(token)
    _flush(out, value)
    return "".join(out)


def _flush(out: list[str], value: int | None) -> None:
    """Writes the number that was gathered, before the space that followed it."""
    if value is None:
        return
    space = []
    while out and re.fullmatch(r"[ -]+", out[-1]):
        space.append(out.pop())
    out.extend((" " if out or len(space) > 1 else "", str(value), " " if space else ""))


def arithmetic(text: str) -> tuple[str, str] | None:
    """The sum inside the text and its result, or None."""
    plain = digits(text.lower())
    for spoken, sign in SPOKEN:
        plain = re.sub(spoken, sign, plain)
    match = SUM.search(plain)
    if match is None:
        return None
    written = " ".join(match.group().split())
    try:
        value = _value(ast.parse(written, mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, ValueError):
        return None
    return written.replace("**", "^").replace("*", "×"), f"{value:.10g}"


SIGNS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, power: base**power if abs(power) <= 20 else float("inf"),
}


def _value(node: ast.expr) -> float:
    """The value of numbers, signs and brackets. Raises `ValueError` for anything else or beyond 10^15."""
    match node:
        case ast.Constant(value=int() | float() as number):
            value = float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = -_value(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            value = _value(operand)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in SIGNS:
            value = SIGNS[type(sign)](_value(left), _value(right))
        case _:
            raise ValueError("not a sum")
    if abs(value) > LARGEST:
        raise ValueError("too large")
    return value
