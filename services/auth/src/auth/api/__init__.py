"""The HTTP addresses: routes parse, call one use case, return."""
