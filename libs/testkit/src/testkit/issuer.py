"""Another platform that signs identity tokens of its jobs: a server on loopback with keys of its own."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

AUDIENCE = "plugin-platform-of-a-test"
NAME = "forge"


def _new_key(algorithm: str) -> Any:  # noqa: ANN401 - keys of three kinds
    if algorithm == "RS256":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else ed25519.Ed25519PrivateKey.generate()


def public_jwk(key: Any, algorithm: str, key_id: str) -> dict[str, Any]:  # noqa: ANN401 - keys of three kinds
    """Give the public half of a key as a JWK."""
    written: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**written, "kid": key_id, "use": "sig"}


@dataclass
class Issuer:
    """What it signs with and serves."""

    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    url: str = ""
    requests: int = 0
    answer: tuple[int, bytes] | None = None
    """Served instead of the keys."""

    def new_key(self, key_id: str, algorithm: str = "ES256") -> None:
        """Begin to serve and use another key."""
        self.keys[key_id] = (algorithm, _new_key(algorithm))

    def settings(self) -> dict[str, Any]:
        """Give what TRUSTED_ISSUERS says of it."""
        return {
            "name": NAME,
            "url": self.url,
            "jwks_url": f"{self.url}/keys",
            "audience": AUDIENCE,
            "ids": ["repository_id", "repository_owner_id"],
            "narrowing": ["job_workflow_ref", "environment"],
        }

    def claims(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Give sound claims; None leaves one out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "repo:ann/charts:ref:refs/tags/v1",
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": uuid4().hex,
            "repository": "ann/charts",
            "repository_id": "1001",
            "repository_owner_id": "77",
            "job_workflow_ref": "ann/charts/.github/workflows/release.yml@refs/tags/v1",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key_id: str = "first", **changes: Any) -> str:  # noqa: ANN401 - JSON
        """Sign an identity token."""
        algorithm, key = self.keys[key_id]
        return jwt.encode(self.claims(**changes), key, algorithm=algorithm, headers={"kid": key_id})

    def document(self) -> bytes:
        """Give its JWKS."""
        return json.dumps({"keys": [public_jwk(key, name, kid) for kid, (name, key) in self.keys.items()]}).encode()


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer with a key called ``first``."""
    issuer = Issuer()
    issuer.new_key("first")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests += 1
            status, body = issuer.answer or (200, issuer.document())
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if 300 <= status < 400:  # noqa: PLR2004 - redirects
                self.send_header("location", f"{issuer.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
