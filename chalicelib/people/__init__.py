"""The people a user knows: contacts, and the conversations with them."""
