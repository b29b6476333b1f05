"""Consents: what a subject consented to, objected to and had restricted, per purpose."""
