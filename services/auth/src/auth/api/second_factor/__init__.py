"""Signing in with a second factor, stepping up, and the factors themselves."""
