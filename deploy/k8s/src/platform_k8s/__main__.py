"""``python -m platform_k8s``: render base and overlays, check everything, say what is wrong."""

import sys
from pathlib import Path

from platform_k8s.checks import check_manifests
from platform_k8s.kustomize import build, ensure_kustomize
from platform_k8s.layout import kustomizations
from platform_k8s.manifests import Finding
from platform_local.errors import LocalPlatformError


def main() -> int:
    """Run the command; returns the exit code."""
    try:
        program = ensure_kustomize(say=_say)
    except LocalPlatformError as error:
        sys.stderr.write(f"\n✗ {error.what}\n  → {error.remedy}\n\n")
        return 1
    findings: list[Finding] = []
    for folder in kustomizations():
        findings += _check(program, folder)
    for finding in findings:
        _say(f"✗ {finding}")
    _say("✓ everything renders and fits" if not findings else f"{len(findings)} finding(s)")
    return 1 if findings else 0


def _check(program: Path, folder: Path) -> list[Finding]:
    name = f"{folder.parent.name}/{folder.name}"
    try:
        manifests = build(program, folder)
    except LocalPlatformError as error:
        return [Finding(where=name, rule="render", detail=error.what)]
    findings = check_manifests(manifests, is_overlay=folder.parent.name == "overlays")
    _say(f"  {name}: {len(manifests)} objects, {len(findings)} finding(s)")
    return findings


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
