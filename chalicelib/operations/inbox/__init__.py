"""The inbox of operators: all that waits for a person, with its day."""
