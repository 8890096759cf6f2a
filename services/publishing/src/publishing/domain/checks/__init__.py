"""The checks that run over a submission's files: pure functions from bytes to findings."""
