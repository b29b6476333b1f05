"""Which contacts of an address book are here (ADR 118)."""
