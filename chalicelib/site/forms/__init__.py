"""Forms for every right without the app, over the same services as the API beneath (ADR 99)."""
