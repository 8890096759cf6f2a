"""HTTP: routes parse, call one use case and render."""
