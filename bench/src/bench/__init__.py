"""Benchmarks: `python -m bench NAME`, one module each, every figure beside one of a plain tool in the same run."""
