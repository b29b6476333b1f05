"""What makes moto fast, and what it does otherwise than AWS."""
