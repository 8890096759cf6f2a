"""Counts behind the limits: in Redis, and in this process while Redis is away."""
