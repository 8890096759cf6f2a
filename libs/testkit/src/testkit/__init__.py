"""A pytest plugin: real servers, migrated databases, identities and patience for tests."""
