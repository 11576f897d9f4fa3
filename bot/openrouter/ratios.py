"""Aspect ratios and resolutions: the nearest that a model supports, by the logarithm of a ratio or by distance."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from fractions import Fraction

_RATIO = re.compile(r"\s*(\d{1,6}(?:\.\d{1,4})?)\s*[:xX×]\s*(\d{1,6}(?:\.\d{1,4})?)\s*")
_LINES = re.compile(r"\s*(\d{2,5})\s*[pP]\s*")


def closest_ratio(wanted: str, supported: Sequence[str]) -> str:
    """The entry of `supported` (such as 16:9) nearest to `wanted`, a ratio W:H or a size WxH; "" when it is neither.

    Ties go to the smaller cross product, then by text. Exact arithmetic: the ratio of two ratios orders the
    same way as the difference of their logarithms, and mirrored shapes tie truly.
    """
    target = _sides(wanted)
    shapes = [(text, sides) for text in supported if (sides := _sides(text))]
    if target is None or not shapes:
        return ""

    def distance(shape: tuple[str, tuple[Fraction, Fraction]]) -> tuple[Fraction, Fraction, str]:
        text, (width, height) = shape
        apart = (width * target[1]) / (height * target[0])
        return max(apart, 1 / apart), abs(width * target[1] - height * target[0]), text

    return min(shapes, key=distance)[0]


def finite(number: float | None) -> float | None:
    """The number as a float, or None: for none, for NaN and infinity, and for what is too large to be one."""
    try:
        return float(number) if number is not None and math.isfinite(number) else None
    except OverflowError:
        return None


def closest_number(wanted: float, supported: Sequence[int]) -> int:
    """The entry nearest to `wanted`; a tie goes up."""
    return min(supported, key=lambda number: (abs(number - wanted), -number))


def closest_lines(wanted: str, supported: Sequence[str]) -> str:
    """The entry of `supported` (such as 720P or 4K) that is `wanted` in any case, else the nearest one by
    lines (480P is nearest to 720P); "" when there is nothing to compare."""
    same = next((text for text in supported if text.strip().lower() == wanted.strip().lower()), "")
    lines = _LINES.fullmatch(wanted)
    if same or lines is None:
        return same
    by_lines = {int(match[1]): text for text in supported if (match := _LINES.fullmatch(text))}
    return by_lines[closest_number(int(lines[1]), tuple(by_lines))] if by_lines else ""


def _sides(text: str) -> tuple[Fraction, Fraction] | None:
    match = _RATIO.fullmatch(text)
    if match is None:
        return None
    width, height = Fraction(match[1]), Fraction(match[2])
    return (width, height) if width and height else None
