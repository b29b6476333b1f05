"""Rotation of the keys of a stage."""
