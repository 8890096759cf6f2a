"""The schemas of Kubernetes itself, strictly: an unknown field is a mistake."""

from collections.abc import Sequence

import kubernetes_validate

from platform_k8s.manifests import Finding, Manifest, label

RELEASES = ("1.31", "1.37")
"""The oldest release that the manifests are meant for, and the newest whose schemas we have."""


def check_schemas(manifests: Sequence[Manifest]) -> list[Finding]:
    """Validate every object against both releases."""
    return [
        finding for release in RELEASES for manifest in manifests if (finding := _check(manifest, release)) is not None
    ]


def _check(manifest: Manifest, release: str) -> Finding | None:
    rule = f"schema of Kubernetes {release}"
    try:
        kubernetes_validate.validate(manifest, release, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = "/".join(map(str, error.absolute_path))
        return Finding(where=label(manifest), rule=rule, detail=f"{place}: {error.message[:300]}")
    except kubernetes_validate.SchemaNotFoundError as error:
        return Finding(where=label(manifest), rule=rule, detail=str(error.message))
    return None
