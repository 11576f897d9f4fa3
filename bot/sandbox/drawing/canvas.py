"""Drawing in units of the picture, and the colours by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

COLOURS: dict[str, Colour] = {
    "red": (206, 52, 28), "orange": (232, 126, 34), "yellow": (244, 205, 58), "gold": (214, 170, 50),
    "green": (62, 145, 70), "blue": (48, 104, 200), "turquoise": (56, 178, 172), "purple": (128, 70, 170),
    "violet": (128, 70, 170), "pink": (236, 130, 170), "brown": (134, 88, 52), "black": (40, 40, 46),
    "white": (246, 246, 244), "grey": (140, 144, 150), "gray": (140, 144, 150), "silver": (176, 182, 190),
}  # fmt: skip
INK: Colour = (34, 30, 32)
SNOW: Colour = (250, 250, 252)


def mixed(first: Colour, second: Colour, share: float) -> Colour:
    """`share` (0 to 1) of the other colour in the one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float = 0.3) -> Colour:
    """The colour in shadow."""
    return mixed(colour, (0, 0, 0), share)


def lighter(colour: Colour, share: float = 0.4) -> Colour:
    """The colour in light."""
    return mixed(colour, (255, 255, 255), share)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Draws around the point (x, y) in pixels; a length of 1 is `size` pixels. `flip` mirrors."""

    canvas: ImageDraw.ImageDraw
    x: float
    y: float
    size: float
    flip: bool = False

    def at(self, x: float, y: float, size: float) -> Canvas:
        """The same canvas around another point of this brush, `size` times as large."""
        centre = self._pixel((x, y))
        return replace(self, x=centre[0], y=centre[1], size=self.size * size)

    def ellipse(self, x: float, y: float, across: float, down: float, colour: Colour) -> None:
        """A filled ellipse around (x, y) with these radii."""
        left, top = self.x + (-x if self.flip else x) * self.size, self.y + y * self.size
        wide, high = across * self.size, down * self.size
        self.canvas.ellipse((left - wide, top - high, left + wide, top + high), fill=colour)

    def shape(self, points: Iterable[Point], colour: Colour) -> None:
        """A filled polygon."""
        self.canvas.polygon([self._pixel(point) for point in points], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.shape(((left, top), (right, top), (right, bottom), (left, bottom)), colour)

    def line(self, points: Iterable[Point], width: float, colour: Colour) -> None:
        """A line with round joints."""
        pixels = [self._pixel(point) for point in points]
        self.canvas.line(pixels, fill=colour, width=max(1, round(width * self.size)), joint="curve")

    def stroke(self, points: tuple[Point, Point, Point], widths: tuple[float, float], colour: Colour) -> None:
        """A bent stroke whose radius goes from the first width to the second."""
        (x0, y0), (x1, y1), (x2, y2) = points
        steps = 60
        for step in range(steps + 1):
            t = step / steps
            x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * x1 + t * t * x2
            y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * y1 + t * t * y2
            radius = widths[0] + (widths[1] - widths[0]) * t
            self.ellipse(x, y, radius, radius, colour)

    def _pixel(self, point: Point) -> Point:
        x, y = point
        return self.x + (-x if self.flip else x) * self.size, self.y + y * self.size


def sky(width: int, height: int, top: Colour, bottom: Colour) -> Image.Image:
    """A picture that fades from one colour at the top to another at the bottom."""
    column = Image.new("RGB", (1, height))
    for row in range(height):
        column.putpixel((0, row), mixed(top, bottom, row / max(1, height - 1)))
    return column.resize((width, height))
