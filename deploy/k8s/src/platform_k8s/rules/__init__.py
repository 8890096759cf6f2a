"""The rules of this house, one module per concern; each takes all manifests and gives findings."""
