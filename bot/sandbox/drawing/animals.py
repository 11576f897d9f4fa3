"""Animals, drawn around their middle in a box from -0.5 to 0.5."""

from __future__ import annotations

from bot.sandbox.drawing.canvas import INK, SNOW, Canvas, Colour, darker, lighter


def fox(brush: Canvas, colour: Colour) -> None:
    """A sitting fox: tall ears, white cheeks, dark socks, a bushy tail with a white tip."""
    dark = darker(colour, 0.75)
    brush.stroke(((0.10, 0.40), (0.54, 0.46), (0.42, 0.08)), (0.09, 0.115), colour)
    brush.stroke(((0.42, 0.07), (0.41, -0.04), (0.34, -0.14)), (0.118, 0.012), SNOW)
    _body(brush, colour, SNOW)
    brush.ellipse(-0.09, 0.46, 0.06, 0.045, dark)
    brush.ellipse(0.09, 0.46, 0.06, 0.045, dark)
    for side in (-1, 1):
        brush.shape(((side * 0.27, -0.52), (side * 0.26, -0.20), (side * 0.05, -0.28)), colour)
        brush.shape(((side * 0.25, -0.45), (side * 0.245, -0.25), (side * 0.12, -0.29)), dark)
    brush.shape(((-0.32, -0.08), (-0.22, -0.29), (0.22, -0.29), (0.32, -0.08), (0, 0.12)), colour)
    for side in (-1, 1):
        brush.shape(((side * 0.32, -0.08), (side * 0.05, -0.10), (side * 0.02, 0.10)), SNOW)
        _eye(brush, side * 0.115, -0.16, 0.028)
    brush.ellipse(0, 0.095, 0.035, 0.028, INK)


def cat(brush: Canvas, colour: Colour) -> None:
    """A sitting cat: pointed ears, whiskers, a thin tail."""
    brush.stroke(((0.12, 0.42), (0.52, 0.46), (0.42, 0.04)), (0.045, 0.035), darker(colour, 0.15))
    _body(brush, colour, lighter(colour))
    _paws(brush, lighter(colour))
    for side in (-1, 1):
        brush.shape(((side * 0.25, -0.45), (side * 0.26, -0.15), (side * 0.04, -0.27)), colour)
        brush.shape(((side * 0.22, -0.38), (side * 0.22, -0.22), (side * 0.11, -0.27)), (236, 160, 170))
    brush.ellipse(0, -0.12, 0.27, 0.22, colour)
    brush.ellipse(0, -0.03, 0.12, 0.09, lighter(colour))
    for side in (-1, 1):
        brush.ellipse(side * 0.11, -0.15, 0.05, 0.055, (150, 200, 80))
        brush.ellipse(side * 0.11, -0.15, 0.018, 0.05, INK)
        for rise in (-0.03, 0.0, 0.03):
            brush.line(((side * 0.07, -0.02 + rise / 2), (side * 0.33, -0.03 + rise * 2)), 0.006, INK)
    brush.shape(((-0.03, -0.07), (0.03, -0.07), (0, -0.035)), (220, 110, 120))


def dog(brush: Canvas, colour: Colour) -> None:
    """A sitting dog: hanging ears, a long muzzle, its tongue out."""
    brush.stroke(((0.14, 0.38), (0.34, 0.40), (0.38, 0.18)), (0.05, 0.03), colour)
    _body(brush, colour, lighter(colour, 0.6))
    _paws(brush, lighter(colour, 0.6))
    brush.ellipse(0, -0.14, 0.24, 0.24, colour)
    for side in (-1, 1):
        brush.stroke(((side * 0.18, -0.30), (side * 0.36, -0.26), (side * 0.30, 0.02)), (0.05, 0.075), darker(colour))
        _eye(brush, side * 0.10, -0.18, 0.03)
    brush.ellipse(0, -0.02, 0.14, 0.11, lighter(colour, 0.6))
    brush.ellipse(0, 0.09, 0.045, 0.07, (226, 96, 110))
    brush.ellipse(0, 0.03, 0.11, 0.04, lighter(colour, 0.6))
    brush.ellipse(0, -0.06, 0.055, 0.04, INK)


def rabbit(brush: Canvas, colour: Colour) -> None:
    """A sitting rabbit: two long ears and a round tail."""
    brush.ellipse(0.22, 0.36, 0.08, 0.08, SNOW)
    _body(brush, colour, lighter(colour))
    _paws(brush, lighter(colour))
    for side in (-1, 1):
        brush.ellipse(side * 0.10, -0.38, 0.06, 0.17, colour)
        brush.ellipse(side * 0.10, -0.37, 0.03, 0.12, (236, 170, 180))
    brush.ellipse(0, -0.10, 0.21, 0.19, colour)
    for side in (-1, 1):
        _eye(brush, side * 0.09, -0.14, 0.028)
    brush.ellipse(0, -0.05, 0.03, 0.022, (226, 110, 130))
    brush.box(-0.03, 0.0, -0.003, 0.05, SNOW)
    brush.box(0.003, 0.0, 0.03, 0.05, SNOW)


def bear(brush: Canvas, colour: Colour) -> None:
    """A sitting bear: round ears and a broad muzzle."""
    brush.ellipse(0, 0.22, 0.28, 0.28, colour)
    brush.ellipse(0, 0.24, 0.16, 0.18, lighter(colour, 0.3))
    for side in (-1, 1):
        brush.ellipse(side * 0.20, 0.44, 0.09, 0.06, darker(colour))
        brush.ellipse(side * 0.20, -0.34, 0.09, 0.09, colour)
        brush.ellipse(side * 0.20, -0.34, 0.05, 0.05, darker(colour))
    brush.ellipse(0, -0.15, 0.26, 0.24, colour)
    brush.ellipse(0, -0.07, 0.12, 0.09, lighter(colour))
    brush.ellipse(0, -0.11, 0.05, 0.035, INK)
    for side in (-1, 1):
        _eye(brush, side * 0.10, -0.19, 0.025)


def bird(brush: Canvas, colour: Colour) -> None:
    """A bird on its feet, seen from the side."""
    brush.shape(((0.18, 0.05), (0.48, -0.06), (0.46, 0.16)), darker(colour))
    brush.ellipse(0.0, 0.05, 0.28, 0.22, colour)
    brush.ellipse(-0.20, -0.18, 0.15, 0.15, colour)
    brush.shape(((-0.33, -0.20), (-0.48, -0.14), (-0.33, -0.11)), (240, 160, 40))
    brush.ellipse(0.06, 0.04, 0.17, 0.11, darker(colour))
    brush.line(((-0.04, 0.25), (-0.06, 0.42), (-0.14, 0.42)), 0.02, (220, 140, 40))
    brush.line(((0.06, 0.25), (0.04, 0.42), (-0.04, 0.42)), 0.02, (220, 140, 40))
    _eye(brush, -0.23, -0.21, 0.03)


def fish(brush: Canvas, colour: Colour) -> None:
    """A fish, seen from the side."""
    brush.shape(((0.22, 0.0), (0.46, -0.20), (0.46, 0.20)), darker(colour, 0.15))
    brush.shape(((-0.10, -0.14), (0.05, -0.32), (0.18, -0.10)), darker(colour, 0.15))
    brush.ellipse(0, 0, 0.32, 0.19, colour)
    brush.ellipse(-0.02, 0.06, 0.24, 0.10, lighter(colour))
    brush.shape(((-0.02, 0.02), (0.12, -0.05), (0.10, 0.12)), darker(colour))
    _eye(brush, -0.18, -0.05, 0.04)


def _body(brush: Canvas, colour: Colour, chest: Colour) -> None:
    brush.ellipse(0, 0.26, 0.22, 0.24, colour)
    brush.ellipse(0, 0.20, 0.12, 0.20, chest)


def _paws(brush: Canvas, colour: Colour) -> None:
    for side in (-1, 1):
        brush.ellipse(side * 0.09, 0.46, 0.065, 0.045, colour)


def _eye(brush: Canvas, x: float, y: float, radius: float) -> None:
    brush.ellipse(x, y, radius, radius * 1.15, INK)
    brush.ellipse(x - radius * 0.3, y - radius * 0.4, radius * 0.35, radius * 0.35, SNOW)
