"""A picture in its encodings, with what each of its points says to a reader who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a picture: shares of its width from the left and of its height from the top, and what it says."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Images:
    """One picture in its three encodings, with its size in inches and its points in reading order."""

    svg: bytes
    pdf: bytes
    png: bytes
    width: float
    height: float
    points: tuple[Point, ...] = ()
