"""OpenSearch, one node, assembled from its official artifacts."""

from __future__ import annotations

from platform_local.accounts import make_folder, own
from platform_local.health import opensearch_probe
from platform_local.jars import JarSet
from platform_local.ports import HOST
from platform_local.program import Program, settings_mark
from platform_local.servers.context import ServerContext
from platform_local.servers.jvm import java_command

VERSION = "3.8.0"
_MODULES = {
    "transport-netty4": ("transport-netty4-client", "org.opensearch.transport.Netty4ModulePlugin"),
    "analysis-common": ("analysis-common", "org.opensearch.analysis.common.CommonAnalysisModulePlugin"),
    "lang-painless": ("lang-painless", "org.opensearch.painless.PainlessModulePlugin"),
    "reindex": ("reindex-client", "org.opensearch.index.reindex.ReindexModulePlugin"),
    "mapper-extras": ("mapper-extras-client", "org.opensearch.index.mapper.MapperExtrasModulePlugin"),
}
_LOG4J = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


def _descriptor(module: str, class_name: str) -> str:
    rows = {
        "description": module,
        "version": VERSION,
        "name": module,
        "classname": class_name,
        "java.version": "21",
        "opensearch.version": VERSION,
        "has.native.controller": "false",
        "extended.plugins": "",
    }
    return "".join(f"{name}={value}\n" for name, value in rows.items())


OPENSEARCH_JARS = JarSet(
    server="opensearch",
    version=VERSION,
    folders={
        "lib": (
            f"org.opensearch:opensearch:{VERSION}",
            f"org.opensearch:opensearch-plugin-classloader:{VERSION}",
            f"org.opensearch:opensearch-agent-bootstrap:{VERSION}",
            "org.apache.logging.log4j:log4j-core:2.25.4",
            # The wheel's Java knows no Thai, without which OpenSearch makes no index: ICU adds it.
            "com.ibm.icu:icu4j-localespi:77.1",
        )
    }
    | {f"modules/{name}": (f"org.opensearch.plugin:{artifact}:{VERSION}",) for name, (artifact, _) in _MODULES.items()},
    files={
        f"modules/{name}/plugin-descriptor.properties": _descriptor(name, class_name)
        for name, (_, class_name) in _MODULES.items()
    },
    # It wants these to exist, and its user may not make them.
    empty_folders=("bin", "config", "plugins"),
)


def opensearch(context: ServerContext) -> Program:
    """Write the configuration and return the program."""
    data = make_folder(context.paths.data("opensearch"), context.user)
    folder = make_folder(context.paths.settings("opensearch"), context.user)
    temporary = make_folder(context.paths.run / "opensearch-tmp", context.user)
    settings = {
        "cluster.name": "plugin-platform",
        "node.name": "node-1",
        "discovery.type": "single-node",
        "network.host": HOST,
        "http.port": str(context.ports.opensearch),
        "transport.port": str(context.ports.opensearch_transport),
        "path.data": str(data),
        "path.logs": str(make_folder(context.paths.logs / "opensearch", context.user)),
        "action.auto_create_index": "false",
        "bootstrap.system_call_filter": "false",
        # A developer's disk is often fuller than the 90 % at which shards would become read-only.
        "cluster.routing.allocation.disk.threshold_enabled": "false",
    }
    texts = {
        "opensearch.yml": "".join(f"{name}: {value}\n" for name, value in settings.items()),
        "log4j2.properties": _LOG4J,
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        own(folder / name, context.user)
    home = OPENSEARCH_JARS.home(context.paths.cache)
    command = java_command(context.java, heap_mebibytes=512, temporary=temporary, lib=home / "lib")
    command[1:1] = [
        f"-Dopensearch.path.home={home}",
        f"-Dopensearch.path.conf={folder}",
        "-Dopensearch.distribution.type=tar",
        "-Djava.locale.providers=CLDR,SPI",
        "-Dopensearch.networkaddress.cache.ttl=60",
    ]
    return Program(
        name="opensearch",
        command=(*command, "org.opensearch.bootstrap.OpenSearch"),
        directory=data,
        ready=opensearch_probe(context.ports.opensearch),
        ports=(context.ports.opensearch, context.ports.opensearch_transport),
        environment=settings_mark("".join(texts.values())),
        user=context.user,
        stop_seconds=30,
        start_seconds=180,
    )
