"""Emulated AWS and Stream on a developer's machine."""
