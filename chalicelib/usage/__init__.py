"""Usage: what the app tells of its use, for thirty days, and the figures that are made of it."""
