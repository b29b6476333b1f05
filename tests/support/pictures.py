"""A minimal PNG reader, to check that a picture is not blank."""

import struct
import zlib
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    background: tuple[int, int, int]  # the corner at the top left
    drawn: float  # the share of lines that differ from the one above


def read(png: bytes) -> Picture:
    """Read a picture of 8 bits a colour, not interlaced, as browsers make it.

    The corner's pixel has no neighbour that a filter could refer to, so it is stored unfiltered. A line that
    equals the one above is all zeros after the filter "up", and equals it after any other filter.
    """
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", png[16:29])
    assert (depth, interlaced) == (8, 0)
    bytes_a_line = 1 + width * {2: 3, 6: 4}[colour]
    data = zlib.decompress(b"".join(body for kind, body in _chunks(png) if kind == b"IDAT"))
    lines = [data[start : start + bytes_a_line] for start in range(0, len(data), bytes_a_line)]
    drawn = sum(any(line[1:]) and line != above for above, line in pairwise(lines))
    red, green, blue = data[1:4]
    return Picture(width, height, (red, green, blue), drawn / height)


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    return found
