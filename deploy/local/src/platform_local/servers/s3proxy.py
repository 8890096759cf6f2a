"""An S3 server over a folder: s3proxy."""

from __future__ import annotations

from platform_local.accounts import make_folder, write_private
from platform_local.health import s3_probe
from platform_local.jars import JarSet
from platform_local.ports import HOST
from platform_local.program import Program, settings_mark
from platform_local.servers.context import ServerContext
from platform_local.servers.jvm import java_command

VERSION = "4.1.0"
_LOGBACK = """\
<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %p %c{1} %m%n</pattern></encoder>
  </appender>
  <logger name="org.gaul.s3proxy" level="info"/>
  <root level="warn"><appender-ref ref="console"/></root>
</configuration>
"""
S3PROXY_JARS = JarSet(
    server="s3proxy",
    version=VERSION,
    folders={"lib": (f"org.gaul:s3proxy:{VERSION}",)},
    # The resolved 2.18 lacks a class that Jackson 3 needs.
    pins=("com.fasterxml.jackson.core:jackson-annotations:2.21",),
    files={"logback.xml": _LOGBACK},
)


def s3(context: ServerContext) -> Program:
    """Write the configuration and return the program."""
    data = make_folder(context.paths.data("s3"), context.user)
    folder = make_folder(context.paths.settings("s3"), context.user)
    temporary = make_folder(context.paths.run / "s3-tmp", context.user)
    rows = {
        "s3proxy.authorization": "aws-v2-or-v4",
        "s3proxy.identity": context.secrets.s3_access_key_id,
        "s3proxy.credential": context.secrets.s3_secret_access_key,
        "s3proxy.endpoint": f"http://{HOST}:{context.ports.s3}",
        "s3proxy.jetty.max-threads": "32",
        "jclouds.provider": "filesystem-nio2",
        "jclouds.filesystem.basedir": str(data),
    }
    text = "".join(f"{name}={value}\n" for name, value in rows.items())
    settings = write_private(folder / "s3proxy.properties", text, context.user)
    home = S3PROXY_JARS.home(context.paths.cache)
    command = java_command(context.java, heap_mebibytes=128, temporary=temporary, lib=home / "lib")
    command[1:1] = [f"-Dlogback.configurationFile={home / 'logback.xml'}"]
    return Program(
        name="s3",
        command=(*command, "org.gaul.s3proxy.Main", "--properties", str(settings)),
        directory=data,
        ready=s3_probe(context.ports.s3),
        ports=(context.ports.s3,),
        environment=settings_mark(text),
        user=context.user,
        start_seconds=90,
    )
