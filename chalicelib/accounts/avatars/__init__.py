"""Avatars: the picture that a user shows, its upload, its cleaning and its address (ACC-9, ADR 103).

`store`, `files`, `cleaning` and `jobs` are in the package of images, so they import no other concept.
"""
