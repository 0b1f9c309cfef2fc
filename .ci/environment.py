"""Create a virtual environment that has pip: `python3 .ci/environment.py FOLDER`.

It does what `python3 -m venv FOLDER` does, and works also on Debian and Ubuntu, which ship Python without ensurepip.
There pip's wheel is downloaded from the package index (`PIP_INDEX_URL`, else pypi.org), verified against the digest of
the index, and installs itself. It needs only the standard library and no root.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
import venv
from importlib.util import find_spec
from pathlib import Path

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
JSON = "application/vnd.pypi.simple.v1+json"
WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl")
TIMEOUT_S = 60


def main() -> None:
    """Run the command."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is started by any Python
        sys.exit(f"koshelek-driver needs Python 3.11 or newer, this is {sys.version.split()[0]}: name another python3")
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    has_pip = find_spec("ensurepip") is not None
    venv.create(folder, with_pip=has_pip, symlinks=os.name != "nt")
    if not has_pip:
        install_pip(folder)


def install_pip(folder: Path) -> None:
    """Install pip into an environment without it: pip's own wheel is executable."""
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    with tempfile.TemporaryDirectory() as scratch:
        wheel = fetch_newest(Path(scratch))
        subprocess.run([python, wheel / "pip", "install", "--quiet", "--no-index", wheel], check=True)


def fetch_newest(scratch: Path) -> Path:
    """Download the newest final release of pip and verify its digest."""
    files = json.loads(fetch(f"{INDEX}/pip/"))["files"]
    found = [(WHEEL.fullmatch(file["filename"]), file) for file in files if not file.get("yanked")]
    wheels = [([int(part) for part in match[1].split(".")], file) for match, file in found if match]
    _, newest = max(wheels, key=lambda wheel: wheel[0])
    data = fetch(newest["url"])
    if hashlib.sha256(data).hexdigest() != newest["hashes"]["sha256"]:
        sys.exit(f"{newest['filename']} is not what the index says it is: nothing was installed, try again")
    path = scratch / str(newest["filename"])
    path.write_bytes(data)
    return path


def fetch(url: str) -> bytes:
    """Download an https address."""
    request = urllib.request.Request(url, headers={"Accept": JSON})
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        data: bytes = response.read()
    return data


if __name__ == "__main__":
    main()
