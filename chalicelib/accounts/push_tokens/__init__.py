"""Push tokens of signed-in devices (ADR 109)."""
