"""The language of a message."""

from collections.abc import Container


def language(locale: str | None, written: Container[str]) -> str:
    """Return the reader's language (ISO 639) if a text exists in it, otherwise English."""
    spoken = (locale or "").split("-")[0]
    return spoken if spoken in written else "en"
