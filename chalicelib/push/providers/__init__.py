"""Apple's and Google's push services (ADR 109)."""
