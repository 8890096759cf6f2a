"""The facts that services state, one module per topic."""
