"""How the use cases are put together: the shared parts, and a module for each area."""
