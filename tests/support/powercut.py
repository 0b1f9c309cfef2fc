"""Power cuts, enumerated: everything that SQLite writes is recorded, and every state that a cut may leave is rebuilt.

What a file was told to sync is on the disk; of what came after, none, all, any part, or a torn sector may be.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
Files = dict[str, bytes]


@dataclass(frozen=True)
class Write:
    file: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True)
class Sync:
    file: str


@dataclass(frozen=True)
class Delete:
    file: str


@dataclass(frozen=True)
class FolderSync:
    """Files that were made or removed before stay so."""


@dataclass(frozen=True)
class Acknowledged:
    """The driver's caller was told that this is on the disk."""

    what: str


OnFile = Write | Truncate | Sync | Delete
Operation = OnFile | FolderSync | Acknowledged


@dataclass
class Recorder:
    """A VFS over SQLite's own that writes down what happens, in order."""

    name: str = "power-cut-recorder"
    log: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.vfs = _Vfs(self)

    def acknowledge(self, what: str) -> None:
        self.log.append(Acknowledged(what))

    def folder_synced(self, _folder: Path) -> None:
        """In place of the driver's own sync of the folder."""
        self.log.append(FolderSync())

    def close(self) -> None:
        self.vfs.unregister()


class _Vfs(apsw.VFS):
    def __init__(self, recorder: Recorder) -> None:
        super().__init__(recorder.name, "")
        self._recorder = recorder

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802 - SQLite's name
        return _File(self._recorder, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802
        self._recorder.log.append(Delete(Path(name).name))
        super().xDelete(name, syncdir)


class _File(apsw.VFSFile):
    def __init__(self, recorder: Recorder, name: Any, flags: Any) -> None:
        super().__init__("", name, flags)
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._log, self._file = recorder.log, Path(text or "temporary").name

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._log.append(Write(self._file, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._log.append(Truncate(self._file, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._log.append(Sync(self._file))
        super().xSync(flags)


def cuts(log: list[Operation], chance: random.Random) -> Iterator[tuple[Files, tuple[str, ...]]]:
    """Every state that a cut after each operation may leave, with what was acknowledged before it."""
    durable: dict[str, bytearray] = {}
    pending: list[OnFile] = []
    acknowledged: list[str] = []
    for operation in log:
        match operation:
            case Acknowledged(what):
                acknowledged.append(what)
            case Sync(file):
                pending = _settled(durable, pending, [each for each in pending if each.file == file])
            case FolderSync():
                pending = _settled(durable, pending, [each for each in pending if isinstance(each, Delete)])
            case _:
                pending.append(operation)
        for survived in _survivals(pending, chance):
            files = {name: bytearray(content) for name, content in durable.items()}
            for each in survived:
                _apply(files, each)
            yield {name: bytes(content) for name, content in files.items()}, tuple(acknowledged)


def _settled(durable: dict[str, bytearray], pending: list[OnFile], covered: list[OnFile]) -> list[OnFile]:
    """Put what a sync covers on the disk; gives what is still pending."""
    for each in covered:
        _apply(durable, each)
    return [each for each in pending if each not in covered]


def _survivals(pending: list[OnFile], chance: random.Random) -> Iterator[list[OnFile]]:
    """What may have reached the disk of what no sync covers yet."""
    yield []
    if not pending:
        return
    yield pending
    yield [each for each in pending if chance.random() < 0.5]
    last = pending[-1]
    if isinstance(last, Write) and len(last.data) > SECTOR:
        kept = SECTOR * chance.randrange(1, len(last.data) // SECTOR + 1)
        yield [*pending[:-1], Write(last.file, last.offset, last.data[:kept])]


def _apply(files: dict[str, bytearray], operation: OnFile) -> None:
    match operation:
        case Write(file, offset, data):
            content = files.setdefault(file, bytearray())
            content.extend(bytes(max(0, offset + len(data) - len(content))))
            content[offset : offset + len(data)] = data
        case Truncate(file, size):
            del files.setdefault(file, bytearray())[size:]
        case Delete(file):
            files.pop(file, None)
