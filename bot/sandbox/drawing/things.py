"""Houses, trees and other things, drawn around their middle in a box from -0.5 to 0.5."""

from __future__ import annotations

import math

from bot.sandbox.drawing.canvas import INK, SNOW, Canvas, Colour, darker, lighter


def sun(brush: Canvas, colour: Colour) -> None:
    """A sun with rays."""
    for ray in range(12):
        turn = ray * math.pi / 6
        inner, outer = (0.34 * math.cos(turn), 0.34 * math.sin(turn)), (0.5 * math.cos(turn), 0.5 * math.sin(turn))
        brush.line((inner, outer), 0.05, colour)
    brush.ellipse(0, 0, 0.28, 0.28, colour)
    brush.ellipse(-0.04, -0.04, 0.2, 0.2, lighter(colour, 0.25))


def moon(brush: Canvas, colour: Colour) -> None:
    """A full moon with craters."""
    brush.ellipse(0, 0, 0.36, 0.36, colour)
    for x, y, radius in ((-0.12, -0.1, 0.08), (0.14, 0.05, 0.06), (-0.04, 0.18, 0.05)):
        brush.ellipse(x, y, radius, radius, darker(colour, 0.12))


def star(brush: Canvas, colour: Colour) -> None:
    """A star with five points."""
    points = [
        ((0.45 if corner % 2 == 0 else 0.18) * math.sin(corner * math.pi / 5),
         -(0.45 if corner % 2 == 0 else 0.18) * math.cos(corner * math.pi / 5))
        for corner in range(10)
    ]  # fmt: skip
    brush.shape(points, colour)


def cloud(brush: Canvas, colour: Colour) -> None:
    """A cloud."""
    for x, y, radius in ((-0.25, 0.05, 0.16), (-0.05, -0.06, 0.2), (0.2, 0.02, 0.17)):
        brush.ellipse(x, y, radius, radius, colour)
    brush.ellipse(0, 0.12, 0.42, 0.1, colour)


def mountain(brush: Canvas, colour: Colour) -> None:
    """Two peaks with snow."""
    brush.shape(((-0.05, 0.5), (0.32, -0.18), (0.75, 0.5)), darker(colour, 0.15))
    brush.shape(((0.32, -0.18), (0.23, -0.02), (0.31, 0.03), (0.37, -0.02), (0.43, -0.01)), SNOW)
    brush.shape(((-0.75, 0.5), (-0.15, -0.45), (0.4, 0.5)), colour)
    brush.shape(((-0.15, -0.45), (0.4, 0.5), (0.0, 0.5)), darker(colour, 0.12))
    brush.shape(((-0.15, -0.45), (-0.28, -0.24), (-0.19, -0.17), (-0.13, -0.25), (-0.06, -0.18), (-0.01, -0.21)), SNOW)


def house(brush: Canvas, colour: Colour) -> None:
    """A house with a roof, a door, two windows and a chimney."""
    brush.box(0.18, -0.45, 0.28, -0.2, (120, 90, 80))
    brush.box(-0.36, -0.08, 0.36, 0.48, colour)
    brush.box(0.2, -0.08, 0.36, 0.48, darker(colour, 0.12))
    brush.shape(((-0.46, -0.08), (0, -0.46), (0.46, -0.08)), (160, 64, 48) if colour[0] < 180 else (110, 84, 72))
    brush.box(-0.08, 0.16, 0.1, 0.48, (104, 68, 44))
    brush.ellipse(0.06, 0.33, 0.014, 0.014, (240, 210, 120))
    for left in (-0.29, 0.16):
        brush.box(left, 0.06, left + 0.14, 0.2, (255, 232, 150))
        brush.line(((left + 0.07, 0.06), (left + 0.07, 0.2)), 0.012, INK)
        brush.line(((left, 0.13), (left + 0.14, 0.13)), 0.012, INK)


def tree(brush: Canvas, colour: Colour) -> None:
    """A round tree."""
    brush.shape(((-0.06, 0.5), (-0.04, 0.05), (0.04, 0.05), (0.06, 0.5)), (112, 76, 48))
    for x, y, radius in ((-0.17, -0.05, 0.18), (0.17, -0.05, 0.18), (0, -0.22, 0.22), (0, 0.02, 0.17)):
        brush.ellipse(x, y, radius, radius, colour)
    brush.ellipse(-0.06, -0.26, 0.12, 0.1, lighter(colour, 0.18))


def pine(brush: Canvas, colour: Colour) -> None:
    """A pine tree."""
    brush.box(-0.05, 0.3, 0.05, 0.5, (100, 68, 44))
    for top, wide, bottom in ((-0.1, 0.3, 0.36), (-0.3, 0.24, 0.12), (-0.5, 0.17, -0.12)):
        brush.shape(((0, top), (wide, bottom), (-wide, bottom)), colour)


def flower(brush: Canvas, colour: Colour) -> None:
    """A flower with two leaves."""
    brush.line(((0, -0.1), (0, 0.5)), 0.04, (70, 140, 70))
    brush.ellipse(-0.1, 0.28, 0.1, 0.04, (70, 140, 70))
    brush.ellipse(0.1, 0.2, 0.1, 0.04, (70, 140, 70))
    for petal in range(6):
        turn = petal * math.pi / 3
        brush.ellipse(0.17 * math.cos(turn), -0.18 + 0.17 * math.sin(turn), 0.11, 0.11, colour)
    brush.ellipse(0, -0.18, 0.1, 0.1, (244, 205, 58) if colour != (244, 205, 58) else (150, 96, 40))


def boat(brush: Canvas, colour: Colour) -> None:
    """A sailing boat."""
    brush.box(-0.02, -0.45, 0.02, 0.22, (110, 80, 54))
    brush.shape(((0.04, -0.42), (0.36, 0.16), (0.04, 0.16)), SNOW)
    brush.shape(((-0.04, -0.3), (-0.28, 0.16), (-0.04, 0.16)), lighter(colour, 0.7))
    brush.shape(((-0.44, 0.22), (0.46, 0.22), (0.3, 0.42), (-0.3, 0.42)), colour)


def car(brush: Canvas, colour: Colour) -> None:
    """A car, seen from the side."""
    brush.shape(((-0.28, 0.08), (-0.18, -0.14), (0.14, -0.14), (0.28, 0.08)), colour)
    brush.shape(((-0.22, 0.06), (-0.15, -0.09), (-0.02, -0.09), (-0.02, 0.06)), (190, 220, 240))
    brush.shape(((0.02, 0.06), (0.02, -0.09), (0.12, -0.09), (0.21, 0.06)), (190, 220, 240))
    brush.box(-0.46, 0.07, 0.46, 0.28, colour)
    brush.ellipse(0.44, 0.14, 0.035, 0.035, (255, 240, 170))
    for x in (-0.26, 0.26):
        brush.ellipse(x, 0.28, 0.11, 0.11, INK)
        brush.ellipse(x, 0.28, 0.05, 0.05, (180, 184, 190))


def heart(brush: Canvas, colour: Colour) -> None:
    """A heart."""
    brush.shape(
        [
            (0.026 * 16 * math.sin(t) ** 3,
             -0.026 * (13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)))
            for t in (step * math.pi / 60 for step in range(120))
        ],
        colour,
    )  # fmt: skip
    brush.ellipse(-0.2, -0.17, 0.06, 0.05, lighter(colour, 0.5))


def robot(brush: Canvas, colour: Colour) -> None:
    """A friendly robot."""
    brush.line(((0, -0.36), (0, -0.47)), 0.02, INK)
    brush.ellipse(0, -0.47, 0.035, 0.035, (226, 60, 50))
    brush.box(-0.22, -0.36, 0.22, -0.04, colour)
    brush.box(-0.16, -0.28, 0.16, -0.14, darker(colour, 0.6))
    for x in (-0.08, 0.08):
        brush.ellipse(x, -0.21, 0.04, 0.04, (120, 240, 220))
    brush.box(-0.28, 0.0, 0.28, 0.36, darker(colour, 0.15))
    brush.ellipse(0, 0.16, 0.09, 0.09, (244, 205, 58))
    for side in (-1, 1):
        brush.line(((side * 0.28, 0.06), (side * 0.42, 0.18), (side * 0.4, 0.32)), 0.06, colour)
        brush.box(side * 0.14 - 0.06, 0.36, side * 0.14 + 0.06, 0.5, colour)


def ball(brush: Canvas, colour: Colour) -> None:
    """A ball in the light."""
    for step in range(24):
        share = step / 24
        brush.ellipse(-0.12 * share, -0.14 * share, 0.4 * (1 - share), 0.4 * (1 - share), lighter(colour, 0.7 * share))
