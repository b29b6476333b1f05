"""Consents: what a subject agreed to, objected to and had restricted, purpose by purpose."""
