"""The verbs `record` and `replay`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from koshelek_driver.cli.foreign_text import foreign
from koshelek_driver.cli.options import JsonOption
from koshelek_driver.cli.output import Output
from koshelek_driver.errors import PortLost, UsageError
from koshelek_driver.files import write_private

ProfileOption = Annotated[str, typer.Option("--profile", help="Profile of the device; `profiles list` lists them.")]


def record(
    file: Path,
    *,
    port: Annotated[str, typer.Option("--port", help="Port of the device; `devices` lists ports.")],
    profile: ProfileOption = "generic-serial",
    seconds: Annotated[float, typer.Option("--seconds", help="Duration of the recording.")] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Record the bytes of a scanner as a text transcript.

    Labels are hidden: digits become 0, letters A or a.
    """
    from koshelek_driver.config import profile as profiles
    from koshelek_driver.diagnostics.recording import record as record_port
    from koshelek_driver.scanner.dialects import build_binding
    from koshelek_driver.transport import open_port

    output = Output(as_json=as_json)
    if file.exists():
        raise UsageError(f"{file} exists", "name another file")
    model = profiles.scanner(profile)
    opened = open_port(port, model.serial, 3.0, build_binding(model).hid_pages)
    output.console.print(f"Scan something in the next {seconds:g} s…")
    lines: list[str] = []
    try:
        record_port(opened, model, seconds, time.monotonic, lines.append)
    except PortLost as problem:
        output.warning(problem.what, problem.remedy)
    opened.close()
    lines += [f"= {kind} {text.encode('unicode_escape').decode()}" for kind, text in _labels("\n".join(lines), profile)]
    write_private(file, ("\n".join(lines) + "\n").encode("ascii"))
    reads = sum(" < " in line for line in lines)
    output.document({"file": str(file), "reads": reads, "labels": sum(line.startswith("= ") for line in lines)})
    output.console.print(f"{reads} reads in {foreign(str(file))}")
    raise typer.Exit(0 if reads else 1)


def replay(file: Path, *, profile: ProfileOption = "generic-serial", as_json: JsonOption = False) -> None:
    """Read the labels of a transcript by a profile. Exit 1: the transcript expects other ones."""
    from koshelek_driver.transport.transcript import parse

    output = Output(as_json=as_json)
    try:
        text = file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file} cannot be read: {problem}", "name a transcript") from problem
    labels, expected = _labels(text, profile), list(parse(text).labels)
    rows = [{"type": kind, "label": label} for kind, label in labels]
    output.document({"labels": rows, "expected": not expected or labels == expected})
    for kind, label in labels:
        output.console.print(f"{kind}  {foreign(label)}", soft_wrap=True)
    if expected and labels != expected:
        output.warning("this is not what the transcript expects", "correct the profile")
        raise typer.Exit(1)


def _labels(text: str, profile: str) -> list[tuple[str, str]]:
    from koshelek_driver.config import profile as profiles
    from koshelek_driver.scanner.replay import labels_of
    from koshelek_driver.transport.transcript import parse

    return labels_of(parse(text), profiles.scanner(profile))
