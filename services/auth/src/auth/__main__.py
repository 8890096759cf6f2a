"""``python -m auth serve | relay | events | migrate | openapi | ensure-user | audit``."""

from auth import main
from chassis.cli import run_role

if __name__ == "__main__":
    run_role(
        "auth",
        {
            "serve": main.serve,
            "relay": main.relay,
            "events": main.events,
            "migrate": main.migrate,
            "openapi": main.openapi,
            "ensure-user": main.ensure_user,
            "audit": main.audit,
        },
    )
