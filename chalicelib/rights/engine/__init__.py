"""The engine: advances requests step by step, and does what their deadlines demand."""
