"""In which language somebody is written to."""

from collections.abc import Container


def language(locale: str | None, written: Container[str]) -> str:
    """The reader's language, as an ISO 639 code, if there is a text in it; else English."""
    spoken = (locale or "").split("-")[0]
    return spoken if spoken in written else "en"
