"""``python -m installs serve | work | relay | events | migrate | openapi``."""

from chassis.cli import run_role
from installs import main

if __name__ == "__main__":
    run_role(
        "installs",
        {
            "serve": main.serve,
            "work": main.work,
            "relay": main.relay,
            "events": main.events,
            "migrate": main.migrate,
            "openapi": main.openapi,
        },
    )
