"""About: who is responsible, whether it runs, the contract, the public keys."""
