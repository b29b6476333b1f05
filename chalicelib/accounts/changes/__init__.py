"""Changes of an account by its owner: the number and the language."""
