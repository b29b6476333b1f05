"""What the tests of readable pages measure in a browser."""

from dataclasses import replace

from chalicelib.core.page import DARK, LIGHT
from infra.local.children import ROOT
from infra.local.chromium import DESKTOP, PHONE, Browser, Screen
from tests.support import pictures

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
    seen = pictures.read(taken)
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
