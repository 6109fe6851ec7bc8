"""Apache Kafka from its Maven artifacts: half a minute once, then from a cache folder.

Kafka's distribution is no package of any registry, but the same jars are.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from infra.dev.debian import require_programs
from infra.dev.processes import ServerFailed

VERSION = "4.4.0"
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

# Kafka's own pom brings log4j-core and slf4j-api but no binding: without one there is no log.
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>waybill.dev</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>2.25.5</version>
    </dependency>
  </dependencies>
</project>
"""


def kafka_jars(cache: Path | None = None) -> Path:
    """The folder with Kafka's jars, filled on first use."""
    cache = cache or _user_cache()
    jars = cache / f"kafka-{VERSION}"
    if not jars.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / "kafka.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not jars.is_dir():
                _resolve(jars)
    return jars


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "waybill"


def _resolve(jars: Path) -> None:
    require_programs({"java": "default-jre-headless", "mvn": "maven"})
    with tempfile.TemporaryDirectory(dir=jars.parent) as folder:
        pom = Path(folder, "pom.xml")
        pom.write_text(_POM)
        unfinished = Path(folder, "jars")
        command = [
            "mvn", "--batch-mode", "--quiet", "--strict-checksums", "--file", str(pom),
            _PLUGIN, f"-DoutputDirectory={unfinished}",
        ]  # fmt: skip
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise ServerFailed(f"Maven can't resolve Kafka:\n{result.stdout}{result.stderr}")
        shutil.move(unfinished, jars)
