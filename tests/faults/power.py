"""A power cut, played back: what a disk may hold after it, worked out from a trace of all that was written and synced.

The model is that of a journalling file system. Names (create, link, rename, unlink) reach the disk in their order; a
sync of a folder brings all names so far, that of a file those up to its own. What was written into a file is there once
it was synced; of the rest any part may be, and the last piece of that torn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,mkdir,link,rename,unlink,write,pwrite64,ftruncate,fallocate,fsync,fdatasync"
LINE = re.compile(r"(\d+\.\d+) (\w+)\((.*)\) = (\d+)[^ ]* ?.*<(\d+\.\d+)>$")
TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
DESCRIPTOR = re.compile(r"\d+<((?:\\x[0-9a-f]{2})*)>")
SECTOR = 512


def recording(trace: Path) -> tuple[str, ...]:
    """The command that starts another one and records what it and its children write, a file a thread."""
    words = ("strace", "-D", "-ff", "--seccomp-bpf", "-ttt", "-T", "-y", "-xx", "-s", "10000000")
    return (*words, "-e", f"trace={CALLS}", "-o", str(trace))


@dataclass(frozen=True, slots=True)
class Call:
    """One call that succeeded: when it began and returned (seconds since 1970), and what it was given."""

    began: float
    ended: float
    name: str
    paths: tuple[str, ...]
    data: bytes
    numbers: tuple[int, ...]
    flags: str

    @property
    def at(self) -> float:
        """When it counts: a sync once it has returned."""
        return self.ended if self.name in ("fsync", "fdatasync") else self.began


def calls_of(trace: Path, folder: Path) -> list[Call]:
    """All calls of all threads on the folder and what is below it, in their order."""
    found = (_call(line) for file in trace.parent.glob(f"{trace.name}.*") for line in file.read_text().splitlines())
    ours = (call for call in found if call and any(path.startswith(str(folder)) for path in call.paths))
    return sorted(ours, key=lambda call: call.at)


def _call(line: str) -> Call | None:
    match = LINE.match(line)
    if not match:
        return None
    began, name, given, _, took = match.groups()
    texts = [_bytes(text) for text in TEXT.findall(given)]
    on_descriptor = name in ("write", "pwrite64", "ftruncate", "fallocate", "fsync", "fdatasync")
    paths = DESCRIPTOR.findall(given)[:1] if on_descriptor else []
    named = [_bytes(path) for path in paths] if on_descriptor else texts
    rest = TEXT.sub("", DESCRIPTOR.sub("", given))
    numbers = tuple(int(word) for word in rest.split(", ") if word.isdigit())
    return Call(
        float(began),
        float(began) + float(took),
        name,
        tuple(path.decode(errors="replace") for path in named),
        texts[0] if on_descriptor and texts else b"",
        numbers,
        rest,
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes at an offset; None for what lies beyond a new end."""

    at: float
    offset: int
    data: bytes | None


@dataclass(eq=False, slots=True)
class File:
    """What was written into one file, and until when it was synced; `born` is the number of its name."""

    born: int
    pieces: list[Piece] = field(default_factory=list)
    synced: float = 0.0
    size: int = 0

    def write(self, piece: Piece) -> None:
        self.pieces.append(piece)
        self.size = piece.offset if piece.data is None else max(self.size, piece.offset + len(piece.data))

    def content(self, dice: random.Random) -> bytes:
        """After the cut: what was synced, and of the rest nothing, all, or any part."""
        keeps, content = dice.choice((0.0, 0.5, 1.0)), bytearray()
        for piece in self.pieces:
            if piece.at < self.synced:
                _apply(content, piece)
            elif dice.random() < keeps:
                _apply(content, _torn(piece, dice))
        return bytes(content)


def _apply(content: bytearray, piece: Piece) -> None:
    if piece.data is None:
        del content[piece.offset :]
    else:
        content.extend(bytes(max(piece.offset - len(content), 0)))
        content[piece.offset : piece.offset + len(piece.data)] = piece.data


def _torn(piece: Piece, dice: random.Random) -> Piece:
    """Now and then only some of its sectors arrived."""
    if piece.data is None or dice.random() < 0.8:
        return piece
    return Piece(piece.at, piece.offset, piece.data[: dice.randrange(len(piece.data) // SECTOR + 1) * SECTOR])


class Disk:
    """What was asked of a folder up to a moment, and what of it a power cut at that moment may leave."""

    def __init__(self) -> None:
        self._names: list[tuple[str, str | None, File | None]] = []
        """Path, the path that it was renamed from, the file; neither for a name that went."""
        self._files: dict[str, File] = {}
        self._safe = 0
        """So many of the names are on the disk."""

    def take(self, call: Call) -> None:
        """The next call."""
        match call.name, call.paths:
            case "openat", (*_, path):
                self._open(path, call)
            case "link", (old, new):
                self._name(new, None, self._files.get(old))
            case "rename", (old, new):
                self._name(new, old, self._files.pop(old, None))
            case "unlink", (path,):
                self._files.pop(path, None)
                self._names.append((path, None, None))
            case (("fsync" | "fdatasync"), (path,)):
                self._sync(path, call.began)
            case _, (path,) if file := self._files.get(path):
                self._write(file, call)

    def _open(self, path: str, call: Call) -> None:
        if "O_CREAT" in call.flags and path not in self._files:
            self._name(path, None, File(len(self._names)))
        elif "O_TRUNC" in call.flags and (file := self._files.get(path)):
            file.write(Piece(call.at, 0, None))

    def _name(self, path: str, old: str | None, file: File | None) -> None:
        if file:
            self._files[path] = file
            self._names.append((path, old, file))

    def _sync(self, path: str, until: float) -> None:
        if file := self._files.get(path):
            file.synced = until
            self._safe = max(self._safe, file.born + 1)
        else:
            self._safe = len(self._names)

    def _write(self, file: File, call: Call) -> None:
        match call.name, call.numbers:
            case "pwrite64", (*_, offset):
                file.write(Piece(call.at, offset, call.data))
            case "write", _:
                file.write(Piece(call.at, file.size, call.data))
            case "ftruncate", (*_, size):
                file.write(Piece(call.at, size, None))
            case "fallocate", (*_, start, length):
                file.write(Piece(call.at, file.size, bytes(max(start + length - file.size, 0))))

    def after_a_cut(self, dice: random.Random) -> Iterator[tuple[str, bytes]]:
        """Every file that there may be, by its path."""
        names: dict[str, File] = {}
        for path, old, file in self._names[: dice.randint(self._safe, len(self._names))]:
            names.pop(old or path, None)
            if file:
                names[path] = file
        for file in dict.fromkeys(names.values()):
            content = file.content(dice)
            yield from ((path, content) for path, each in names.items() if each is file)


def cut(calls: Iterable[Call], dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """The files that a power cut right after these calls may leave; an index in shared memory never outlives one."""
    disk = Disk()
    for call in calls:
        disk.take(call)
    return (each for each in disk.after_a_cut(dice) if not each[0].endswith("-shm"))
