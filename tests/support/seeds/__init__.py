"""A world with users and items of every kind, and the jobs that bring it to its end state."""
