"""Keeps the search index in step with the compacted topic of plugin documents, and purges caches."""
