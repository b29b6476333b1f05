"""Links: a signed-in device signs another one in by a QR code (ADR 105)."""
