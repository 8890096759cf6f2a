"""``python -m installs serve | work | relay | migrate | openapi``."""

from chassis.cli import run_role
from installs import main

if __name__ == "__main__":
    run_role(
        "installs",
        {
            "serve": main.serve,
            "work": main.work,
            "relay": main.relay,
            "migrate": main.migrate,
            "openapi": main.openapi,
        },
    )
