"""Missed calls: reported by the app of the caller, listed to the person who was called (CALL-1)."""
