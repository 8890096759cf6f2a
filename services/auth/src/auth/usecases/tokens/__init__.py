"""API tokens: made, listed, used, revoked, reported as leaked; device login; trusted publishing."""
