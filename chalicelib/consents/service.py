"""The rules of consents."""

from chalicelib.consents.store import PURPOSES

__all__ = ["PURPOSES"]
