"""What a subject reads about a request: its state, the decision with its reasons, and the letters."""
