"""The peers in FastAPI behind Mangum; a module for each function."""
