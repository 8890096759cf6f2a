"""Renders the Kubernetes manifests and holds them to the schemas of Kubernetes and to the rules of this house."""
