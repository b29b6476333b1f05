"""The client for apps, in JavaScript with types for TypeScript."""
