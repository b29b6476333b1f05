"""Usage: events that the app reports, kept for thirty days, and the figures made from them."""
