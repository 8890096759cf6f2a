"""Helpers that several of the gateway's test files share."""
