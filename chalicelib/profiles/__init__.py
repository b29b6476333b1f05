"""Profiles: what a user tells about themselves, the own view and the public view."""
