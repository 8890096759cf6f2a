"""``python -m <service> events …``: what operators look at and do about events."""
