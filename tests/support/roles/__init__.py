"""Judges the calls of functions in this process by their policies, which no emulator here does in full."""
