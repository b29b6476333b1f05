"""What the tests of readable pages measure in a browser and in its pictures."""

import struct
import zlib
from dataclasses import dataclass, replace
from itertools import pairwise

from chalicelib.core.page import DARK, LIGHT
from infra.local.children import ROOT
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen


@dataclass(frozen=True)
class Picture:
    width: int
    height: int
    background: tuple[int, int, int]  # the corner at the top left
    drawn: float  # the share of lines that differ from the one above


def read_picture(png: bytes) -> Picture:
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


PICTURES = ROOT / "build" / "pages"
SMALL_PHONE = Screen(320, 700, phone=True)
SCREENS = {
    "phone": PHONE,
    "desktop": DESKTOP,
    "phone-dark": replace(PHONE, dark=True),
    "desktop-dark": replace(DESKTOP, dark=True),
}

# Elements that are clipped, or exceed an edge of the screen.
TOO_WIDE = """
[...document.querySelectorAll('body *:not(.skip, thead, thead *)')].filter(shown => {
  const box = shown.getBoundingClientRect()
  return box.right > innerWidth + 1 || box.left < -1
    || (shown.clientWidth && shown.scrollWidth > shown.clientWidth + 1)
}).map(shown => shown.outerHTML.slice(0, 120))
"""


AXE = ROOT / "infra" / "local" / "js" / "node_modules" / "axe-core" / "axe.min.js"


def findings(chromium: Browser) -> list[str]:
    """Return what axe finds on the page that is shown."""
    chromium.value(AXE.read_text(encoding="utf-8") + ";0")
    found = chromium.value(
        "axe.run().then(done => done.violations.map(one => one.id + ' ' + one.nodes[0].html))"
    )
    return [str(one) for one in found]


def submit(chromium: Browser, button: str = "form button") -> None:
    """Press a button of a form, and wait for the next page."""
    chromium.value(f"document.querySelector({button!r}).click()")
    chromium.loaded()


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def check_width(chromium: Browser, screen: Screen) -> None:
    """Check that nothing of the page that is shown exceeds the screen."""
    widths = "[innerWidth, document.documentElement.scrollWidth]"
    assert chromium.value(widths) == [screen.width, screen.width]
    assert chromium.value(TOO_WIDE) == []


def check_colours(chromium: Browser, screen: Screen, picture: str, drawn: float = 0.3) -> None:
    """Take a picture of the page that is shown, keep it, and check its size and colours.

    `drawn`: the least share of lines with something on them.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / f"{picture}.png").write_bytes(taken := chromium.picture())
    seen = read_picture(taken)
    assert (seen.width, seen.height) == (screen.width, screen.height)
    assert seen.background == rgb((DARK if screen.dark else LIGHT)["ground"])
    assert seen.drawn > drawn


def check_print(chromium: Browser) -> None:
    """Check that the page that is shown prints in light colours and without its navigation."""
    assert chromium.paper().startswith(b"%PDF-")
    chromium.call("Emulation.setEmulatedMedia", media="print")
    look = "[getComputedStyle(document.querySelector('nav')).display, getComputedStyle(document.body).color]"
    assert chromium.value(look) == ["none", "rgb" + str(rgb(LIGHT["text"]))]
    chromium.call("Emulation.setEmulatedMedia", media="")
