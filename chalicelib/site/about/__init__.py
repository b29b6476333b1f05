"""About: the controller, the health of the service, the API contract, the public keys."""
