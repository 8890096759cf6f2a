"""Every variable is one that the role reads, every required setting is given, and every secret is a declared file."""

import ast
import importlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import yaml

from chassis.settings import BaseServiceSettings
from platform_k8s.layout import FOLDER, Process, processes
from platform_k8s.manifests import Finding, Manifest, find, label, of_kind, pod_template
from platform_local.paths import repository_root
from platform_local.programs import COMPONENTS

RULE = "settings"


def check_settings(manifests: Sequence[Manifest]) -> list[Finding]:
    """Compare the environment of every workload with the settings in code, and its secrets with the declaration."""
    findings = []
    used: set[tuple[str, str]] = set()
    for process in processes():
        workload = find(manifests, "Job" if process.port is None else "Deployment", process.workload)
        if workload is None:
            continue  # the topology says so
        pod = pod_template(workload)["spec"]
        files = _secret_files(pod)
        used |= set(files.values())
        details = [*_faults(process, _environment(pod, manifests), files)]
        findings += [Finding(where=label(workload), rule=RULE, detail=detail) for detail in details]
    return findings + _declaration_faults(used, manifests)


def declared_secrets() -> set[tuple[str, str]]:
    """Give the declared secrets as pairs of name and key."""
    declared: dict[str, dict[str, str]] = yaml.safe_load((FOLDER / "secrets.yaml").read_text("utf-8"))
    return {(name, key) for name, keys in declared.items() for key in keys}


@cache
def settings_of(package: str, role: str) -> type[BaseServiceSettings]:
    """Give the class whose instance a role's function in ``main`` makes.

    Raises
    ------
    LookupError
        The function makes none, or several.
    """
    component = next(one for one in COMPONENTS if one.package == package)
    source = repository_root() / component.folder / "src" / package / "main.py"
    functions = [node for node in ast.parse(source.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
    names = {
        call.func.id
        for function in functions
        if function.name == role
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id.endswith("Settings")
    }
    if len(names) != 1:
        raise LookupError(f"{package}.main.{role} makes {len(names)} kinds of settings")
    found: type[BaseServiceSettings] = getattr(importlib.import_module(f"{package}.config"), names.pop())
    return found


def _known_variables(package: str) -> set[str]:
    config = importlib.import_module(f"{package}.config")
    classes = [
        value for value in vars(config).values() if isinstance(value, type) and issubclass(value, BaseServiceSettings)
    ]
    return {variable for one in classes for field in one.model_fields for variable in _variables(field)}


def _variables(field: str) -> tuple[str, ...]:
    name = field.upper()
    return (name,) if field.endswith("_file") else (name, f"{name}_FILE")


def _faults(process: Process, environment: dict[str, Any], files: dict[str, tuple[str, str]]) -> Iterator[str]:
    unknown = environment.keys() - _known_variables(process.package)
    if unknown:
        yield f"{process.package} reads no {', '.join(sorted(unknown))}"
    for field, info in settings_of(process.package, process.role).model_fields.items():
        given = [name for name in _variables(field) if name in environment]
        if info.is_required() and not given:
            yield f"{field.upper()} is required and not given"
        for name in given:
            if name.endswith("_FILE") and environment[name] not in files:
                yield f"{name} names {environment[name]}, which is not mounted"
    if environment.get("HOST", "0.0.0.0") != "0.0.0.0":  # noqa: S104 - in a pod, the pod's own address
        yield "HOST keeps it on loopback, where nobody reaches it"


def _environment(pod: Manifest, manifests: Sequence[Manifest]) -> dict[str, Any]:
    (container,) = pod["containers"]
    environment: dict[str, Any] = {}
    for source in container.get("envFrom") or []:
        config = find(manifests, "ConfigMap", source["configMapRef"]["name"])
        environment |= config["data"] if config is not None else {}
    return environment | {one["name"]: one.get("value") for one in container.get("env") or []}


def _secret_files(pod: Manifest) -> dict[str, tuple[str, str]]:
    """Map the path of every mounted secret file to the secret's name and key."""
    (container,) = pod["containers"]
    places = {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts") or []}
    return {
        f"{places[volume['name']]}/{item['path']}": (source["secret"]["name"], item["key"])
        for volume in pod.get("volumes") or []
        for source in (volume.get("projected") or {}).get("sources") or []
        for item in source["secret"]["items"]
    }


def _declaration_faults(used: set[tuple[str, str]], manifests: Sequence[Manifest]) -> list[Finding]:
    declared = declared_secrets()
    findings = [
        Finding(where=f"Secret/{name}", rule=RULE, detail=f"the key {key} is mounted and not declared in secrets.yaml")
        for name, key in sorted(used - declared)
    ]
    findings += [
        Finding(where=f"Secret/{name}", rule=RULE, detail=f"the key {key} is declared in secrets.yaml and not mounted")
        for name, key in sorted(declared - used)
    ]
    return findings + [
        Finding(where=label(secret), rule=RULE, detail="a secret has no business in the repository")
        for secret in of_kind(manifests, "Secret")
    ]
