"""The comparison of our functions with the same functions in other frameworks (`make bench-peers`)."""
