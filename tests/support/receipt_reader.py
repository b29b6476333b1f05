"""A reader of the page of a receipt: opens the link in a browser, reads, and clicks."""

from infra.local.chromium import PHONE, Browser, Screen

# Settles when the page waits for its reader: no button is disabled, and nothing is being loaded.
_READY = """
new Promise(done => {
  const look = () => document.querySelector('button:disabled')
    || document.getElementById('news')?.textContent.endsWith('…') ? setTimeout(look, 5) : done(true)
  setTimeout(look, 5)
})
"""


def speak(chromium: Browser, languages: str) -> None:
    agent = chromium.value("navigator.userAgent")
    chromium.call("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=languages)


def visit(chromium: Browser, url: str, screen: Screen = PHONE) -> str:
    """Open a link in a fresh document; return what is seen once the page has loaded the request."""
    chromium.visit("about:blank", screen)
    chromium.visit(url, screen)
    return seen(chromium)


def seen(chromium: Browser) -> str:
    chromium.value(_READY)
    return str(chromium.value("document.body.innerText"))


def buttons(chromium: Browser) -> list[str]:
    found: list[str] = chromium.value("[...document.querySelectorAll('button')].map(one => one.innerText)")
    return found


def click(chromium: Browser, label: str) -> str:
    chromium.value(
        f"[...document.querySelectorAll('button')].find(one => one.innerText === '{label}').click()"
    )
    return seen(chromium)
