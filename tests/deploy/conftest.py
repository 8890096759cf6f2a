"""The manifests in every form that this machine can make."""

import pytest

from platform_k8s.kustomize import build, can_build, ensure_kustomize, find_kustomize
from platform_k8s.layout import kustomizations
from platform_k8s.manifests import Manifest
from platform_k8s.sources import load_base


@pytest.fixture
def base() -> list[Manifest]:
    """Give the base from its sources; a test may change it."""
    return load_base()


@pytest.fixture(scope="session")
def rendered() -> dict[str, list[Manifest]]:
    """Give what kustomize renders: ``base`` and ``overlays/…``; empty where there is neither kustomize nor a Go."""
    if find_kustomize() is None and not can_build():
        return {}
    program = ensure_kustomize(say=print)
    return {f"{folder.parent.name}/{folder.name}": build(program, folder) for folder in kustomizations()}
