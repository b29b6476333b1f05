"""Pages for people, and what tests read and measure of them."""
