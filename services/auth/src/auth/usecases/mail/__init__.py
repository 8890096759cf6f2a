"""Confirming addresses and resetting passwords by mail."""
