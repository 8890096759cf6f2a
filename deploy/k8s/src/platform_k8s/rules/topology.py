"""Every process of the platform is there, on the port that the local stack gives it, and can be reached by name."""

from collections.abc import Iterator, Sequence

from platform_k8s.layout import Process, processes
from platform_k8s.manifests import (
    COMPONENT,
    NAME,
    Finding,
    Manifest,
    find,
    label,
    of_kind,
    pod_template,
    selects,
    workloads,
)

RULE = "topology"


def check_topology(manifests: Sequence[Manifest]) -> list[Finding]:
    """Compare workloads and Services with the table of processes."""
    expected = processes()
    findings = []
    for process in expected:
        kind = "Job" if process.port is None else "Deployment"
        workload = find(manifests, kind, process.workload)
        where = f"{kind}/{process.workload}"
        details = ["it is missing"] if workload is None else [*_faults(process, workload)]
        findings += [Finding(where=where, rule=RULE, detail=detail) for detail in details]
    known = {process.workload for process in expected}
    findings += [
        Finding(where=label(workload), rule=RULE, detail="no process of the platform is called so")
        for workload in workloads(manifests)
        if workload["metadata"]["name"] not in known
    ]
    return findings + _service_faults(expected, manifests)


def _faults(process: Process, workload: Manifest) -> Iterator[str]:
    template = pod_template(workload)
    labels = template["metadata"]["labels"]
    if (labels.get(NAME), labels.get(COMPONENT)) != (process.service, process.component):
        yield f"its labels are not {process.service} and {process.component}"
    (container,) = template["spec"]["containers"]
    if container.get("args") != [process.role] or "command" in container:
        yield f"it does not run the role {process.role}"
    if container["image"].split(":")[0].split("@")[0] != f"plugin-platform/{process.service}":
        yield f"it runs the image {container['image']}"
    ports = {port["name"]: port["containerPort"] for port in container.get("ports") or []}
    if ports != ({} if process.port is None else {"http": process.port}):
        yield f"its ports are {ports}, not http {process.port}"
    told = {variable["name"]: variable.get("value") for variable in container.get("env") or []}
    if told.get("PORT") != (None if process.port is None else str(process.port)):
        yield f"PORT says {told.get('PORT')}"


def _service_faults(expected: Sequence[Process], manifests: Sequence[Manifest]) -> list[Finding]:
    findings = []
    for process in expected:
        if process.role != "serve":
            continue
        service = find(manifests, "Service", process.service)
        if service is None:
            findings.append(Finding(where=f"Service/{process.service}", rule=RULE, detail="it is missing"))
            continue
        offered = {(port["port"], port["targetPort"]) for port in service["spec"]["ports"]}
        if offered != {(process.port, "http")}:
            findings.append(Finding(where=label(service), rule=RULE, detail=f"it offers {offered}"))
        workload = find(manifests, "Deployment", process.workload)
        if workload and not selects(service["spec"]["selector"], pod_template(workload)["metadata"]["labels"]):
            findings.append(Finding(where=label(service), rule=RULE, detail=f"it leads past {process.workload}"))
    known = {process.service for process in expected}
    addresses = {
        (label(config), name, value)
        for config in of_kind(manifests, "ConfigMap")
        for name, value in config["data"].items()
        if name.endswith("_URL") and name.removesuffix("_URL").lower() in known
    }
    ports = {process.service: process.port for process in expected if process.role == "serve"}
    for where, name, value in sorted(addresses):
        service_name = name.removesuffix("_URL").lower()
        if value != f"http://{service_name}:{ports[service_name]}":
            findings.append(Finding(where=where, rule=RULE, detail=f"{name} leads to {value}"))
    return findings
