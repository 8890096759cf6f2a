"""Publishing: plugins, submissions, checks, review and release of versions."""
