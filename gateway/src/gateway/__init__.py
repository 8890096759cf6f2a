"""The platform's one public address: routing, sessions at the edge, HTTP cache, limits."""
