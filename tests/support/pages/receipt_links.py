"""A reader who opens links with receipts in a browser, and presses buttons."""

from infra.local.chromium import PHONE, Browser, ChromiumFailed, Screen
from infra.local.waiting import until


def speak(chromium: Browser, languages: str) -> None:
    agent = chromium.value("navigator.userAgent")
    chromium.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)


def visit(chromium: Browser, url: str, screen: Screen = PHONE) -> str:
    """Open a link with a receipt in a fresh document; return what is seen once the request is shown."""
    chromium.visit("about:blank", screen)
    chromium.visit(url, screen)
    return _seen(chromium, "document.querySelector('#state, #mistakes')")


def follow(chromium: Browser, url: str) -> str:
    """Open a link with a receipt in the tab as it is; return what is seen once another document is shown."""
    return _leave(chromium, f"location.href = '{url}'")


def click(chromium: Browser, label: str) -> str:
    """Press a button; return what is seen in the next document."""
    return _leave(
        chromium, f"[...document.querySelectorAll('button')].find(one => one.innerText === '{label}').click()"
    )


def buttons(chromium: Browser) -> list[str]:
    found: list[str] = chromium.value("[...document.querySelectorAll('button')].map(one => one.innerText)")
    return found


def _leave(chromium: Browser, action: str) -> str:
    chromium.value(f"window.isOld = true; {action}")
    return _seen(chromium, "!window.isOld && document.querySelector('#state, #mistakes')")


def _seen(chromium: Browser, condition: str) -> str:
    ready = f"Boolean(document.readyState === 'complete' && {condition})"

    def is_ready() -> bool:
        try:
            return bool(chromium.value(ready))
        except ChromiumFailed:  # the document was left while it was asked
            return False

    until(is_ready, "the page of the request")
    return str(chromium.value("document.body.innerText"))
