"""`python -m tests.readers.prepare`: the programs that read our files and that pip can't bring."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from infra.dev.debian import require_files, require_programs
from infra.dev.processes import ServerFailed

PROGRAMS: Final = {
    "soffice": "libreoffice-calc",
    "qpdf": "qpdf",
    "pdftotext": "poppler-utils",
    "gzip": "gzip",
    "zstd": "zstd",
    "node": "nodejs",
    "npm": "npm",
}
"""Each with its Debian package."""
NOTO_CJK: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
NODE: Final = Path(".cache/readers-node")
VALIDATOR: Final = NODE / "node_modules" / ".bin" / "ooxml-validator"


def prepare() -> None:
    """Raises `ServerFailed`, which says what to install."""
    require_programs(PROGRAMS)
    require_files({NOTO_CJK: "fonts-noto-cjk"})
    NODE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(Path(__file__).with_name(name), NODE / name)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    done = subprocess.run(command, cwd=NODE, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerFailed(f"{' '.join(command)} failed:\n{done.stderr}")


def run(*command: object) -> bytes:
    """What a program of these says; it must end well."""
    done = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout[-2000:] + done.stderr[-2000:]).decode()
    return done.stdout


if __name__ == "__main__":
    try:
        prepare()
    except ServerFailed as error:
        sys.exit(str(error))
