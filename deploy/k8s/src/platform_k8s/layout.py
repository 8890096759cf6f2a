"""Where the manifests lie, and which processes they must bring up."""

from dataclasses import dataclass
from pathlib import Path

from platform_local.paths import repository_root
from platform_local.programs import COMPONENTS, Component

FOLDER = repository_root() / "deploy" / "k8s"
BASE = FOLDER / "base"

_COMPONENT_LABELS = {"serve": "api", "work": "work", "relay": "relay", "migrate": "migrate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One role of one service as a workload.

    Parameters
    ----------
    service
        Name in the cluster, such as ``search-indexer``.
    package
        Import name.
    role
        First argument of the program.
    port
        Where it answers; None for a role that ends.
    """

    service: str
    package: str
    role: str
    port: int | None

    @property
    def component(self) -> str:
        """Value of the label ``app.kubernetes.io/component``."""
        return _COMPONENT_LABELS[self.role]

    @property
    def workload(self) -> str:
        """Name of the Deployment or Job."""
        return f"{self.service}-{self.component}"


def processes() -> list[Process]:
    """List every process of the platform: the long-running roles of the local stack, and the migrations."""
    found: list[Process] = []
    for component in COMPONENTS:
        found += [
            Process(service=component.name, package=component.package, role=role, port=port)
            for role, port in component.ports.items()
        ]
        if (main_module(component)).read_text("utf-8").find("\ndef migrate(") >= 0:
            found.append(Process(service=component.name, package=component.package, role="migrate", port=None))
    return found


def main_module(component: Component) -> Path:
    """Give the composition root of a component."""
    return repository_root() / component.folder / "src" / component.package / "main.py"


def kustomizations() -> list[Path]:
    """List what can be applied: the base and every overlay."""
    return [BASE, *sorted(path.parent for path in (FOLDER / "overlays").glob("*/kustomization.yaml"))]
