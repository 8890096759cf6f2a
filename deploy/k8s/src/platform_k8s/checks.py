"""All checks of one set of manifests."""

from collections.abc import Sequence

from platform_k8s.manifests import Finding, Manifest
from platform_k8s.rules.network import check_network_policies
from platform_k8s.rules.restricted import check_restricted
from platform_k8s.rules.settings import check_settings
from platform_k8s.rules.topology import check_topology
from platform_k8s.rules.workloads import check_images, check_workloads
from platform_k8s.schemas import check_schemas


def check_manifests(manifests: Sequence[Manifest], *, is_overlay: bool) -> list[Finding]:
    """Check manifests against Kubernetes and the house.

    Parameters
    ----------
    manifests
        Everything that is applied together.
    is_overlay
        Whether images must be pinned to a tag, which is an overlay's business.

    Returns
    -------
    list
        Empty when all is well.
    """
    findings = [
        *check_schemas(manifests),
        *check_restricted(manifests),
        *check_workloads(manifests),
        *check_topology(manifests),
        *check_settings(manifests),
        *check_network_policies(manifests),
    ]
    return findings + check_images(manifests) if is_overlay else findings
