"""``python -m publishing serve | work | relay | events | migrate | openapi``."""

from chassis.cli import run_role
from publishing import main

run_role(
    "publishing",
    {
        "serve": main.serve,
        "work": main.work,
        "relay": main.relay,
        "events": main.events,
        "migrate": main.migrate,
        "openapi": main.openapi,
    },
)
