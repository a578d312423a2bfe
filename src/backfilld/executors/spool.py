"""The runner's folder on a host: whose it is, what lies where, and what it remembers between two runners."""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
from pathlib import Path

from backfilld.errors import ProductError
from backfilld.executors.worker import boot_id

HOUR = 3600
_ATTEMPT = re.compile(r"[0-9a-f]{32}")
_KEEP_SIZE_AND_PUNCH_HOLE = 0x01 | 0x02
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)


class SpoolUnfit(ProductError):
    """The spool's folder cannot serve a runner."""

    code = "spool_unfit"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"the spool {folder} {reason}")


def punch_hole(descriptor: int, start: int, end: int) -> None:
    """Give the blocks from `start` to `end` back to the file system; size and offsets stay."""
    if _libc.fallocate(descriptor, _KEEP_SIZE_AND_PUNCH_HOLE, start, end - start):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Spool:
    """One runner's folder (mode 0700), locked for as long as the object is open.

    Per attempt `<attempt>.claim`, `.out`, `.payload.json`, `.output.json`; in `workers/` identity files and journals;
    in `forgotten/` lists of attempts whose records may go. The file `epoch` holds the highest epoch seen, the boot in
    which attempts were last launched, and a moment before which all of them had to start.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name in ("workers", "forgotten"):
            (self.folder / name).mkdir(exist_ok=True)
        self._lock = self._take_lock()
        self._stem = f"{self.folder}/"
        self._boot = boot_id()
        self.epoch, launched_in, self.horizon = self._remembered()
        self.rebooted = launched_in not in ("", self._boot)
        self._launched = launched_in == self._boot

    def _take_lock(self) -> int:
        """The lock, on a file that also proves that this file system can cut the middle out of a log."""
        descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            punch_hole(descriptor, 0, 4096)
        except BlockingIOError:
            os.close(descriptor)
            raise SpoolUnfit(self.folder, "is in use by another runner") from None
        except OSError:
            os.close(descriptor)
            raise SpoolUnfit(
                self.folder, "must be on a file system that can punch holes (ext4, xfs, btrfs, tmpfs)"
            ) from None
        return descriptor

    def close(self) -> None:
        """Release the lock."""
        fcntl.flock(self._lock, fcntl.LOCK_UN)  # a worker that is just starting still has our descriptors for a moment
        os.close(self._lock)

    def _remembered(self) -> tuple[int, str, int]:
        try:
            epoch, boot, horizon = (self.folder / "epoch").read_text().split()
        except FileNotFoundError:
            return 0, "", 0
        return int(epoch), boot, int(horizon)

    def enter(self, epoch: int, latest: float) -> None:
        """Remember, durably, that an epoch launches here and that `latest` bounds the starts of its attempts.

        OSError if that cannot be written: then nothing may start.
        """
        if epoch <= self.epoch and latest <= self.horizon and self._launched:
            return
        epoch, horizon = max(epoch, self.epoch), max(self.horizon, int(latest // HOUR + 1) * HOUR)
        self._replace("epoch", f"{epoch} {self._boot} {horizon}\n")
        self.epoch, self.horizon = epoch, horizon
        self._launched, self.rebooted = True, False

    def _replace(self, name: str, text: str) -> None:
        draft = self.folder / f"{name}.new"
        with draft.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.folder / name)
        folder = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # without the name a power cut would hide that this boot has launched anything
        finally:
            os.close(folder)

    def claim(self, attempt: str) -> str:
        """The claim: a hard link to its worker's identity file, or a tombstone."""
        return f"{self._stem}{attempt}.claim"

    def claimed(self) -> frozenset[str]:
        """The attempts of which there is a claim, tombstones too."""
        names = (name.partition(".") for name in os.listdir(self.folder))  # noqa: PTH208  # a Path each costs more
        return frozenset(attempt for attempt, _, kind in names if kind == "claim" and is_attempt(attempt))

    def log(self, attempt: str) -> str:
        """What the task wrote to its standard output and error."""
        return f"{self._stem}{attempt}.out"

    def payload(self, attempt: str) -> str:
        """What was handed to the task."""
        return f"{self._stem}{attempt}.payload.json"

    def write_payload(self, attempt: str, payload: bytes) -> str:
        """Put the payload where the task finds it."""
        path = self.payload(attempt)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(payload)
        return path

    def output(self, attempt: str) -> str:
        """What the task handed back."""
        return f"{self._stem}{attempt}.output.json"

    @property
    def workers(self) -> Path:
        """Identity files and journals."""
        return self.folder / "workers"

    @property
    def forgotten(self) -> Path:
        """Lists of attempts, one file an hour."""
        return self.folder / "forgotten"


def is_attempt(name: str) -> bool:
    """True for the name of an attempt, which cannot lead out of the spool.

    >>> is_attempt("0" * 32), is_attempt("../epoch")
    (True, False)
    """
    return _ATTEMPT.fullmatch(name) is not None
