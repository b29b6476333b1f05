"""Objections of people who cannot open an account with their number (ADR 116)."""
