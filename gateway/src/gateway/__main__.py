"""``python -m gateway serve | openapi``."""

from chassis.cli import run_role
from gateway.main import openapi, serve

if __name__ == "__main__":
    run_role("gateway", {"serve": serve, "openapi": openapi})
