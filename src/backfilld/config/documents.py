"""Files to documents: the one user of the YAML library. Every value comes with its file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from backfilld.catalog.documents import Document
from backfilld.config.json_text import json_document
from backfilld.config.yaml_text import yaml_documents
from backfilld.errors import Fault, Faulty, InvalidCatalog, InvalidRequest, InvalidSchedules, Place

FILE_LIMIT = 16 * 2**20
_ENDINGS = {".yaml", ".yml"}


def read_documents(folder: Path | str) -> tuple[Document, ...]:
    """Every document of the `*.yaml` and `*.yml` files in a folder and below, by name (or of the one file given).

    Hidden files and folders are passed over, as editors leave their own there; an empty document is nothing. Raises
    `InvalidCatalog` with the faults of all files.
    """
    files = list(_files(Path(folder)))
    if not files:
        raise InvalidCatalog([Fault("", str(folder), "a folder with at least one *.yaml file")])
    return _read(files)


def read_schedule_documents(folder: Path) -> tuple[Document, ...]:
    """The same of a folder of schedules, where having no file is fine. Raises `InvalidSchedules`."""
    try:
        return _read(list(_files(folder)))
    except InvalidCatalog as error:
        raise InvalidSchedules(error.faults) from None


def _read(files: Sequence[Path]) -> tuple[Document, ...]:
    documents: list[Document] = []
    faults: list[Fault] = []
    for file in files:
        try:
            documents += yaml_documents(_text(file), str(file))
        except Faulty as error:
            faults += error.faults
    if faults:
        raise InvalidCatalog(faults)
    return tuple(documents)


def read_document(path: Path | str) -> Document:
    """The one document of a file: strict JSON if its name ends in `.json`, else YAML. Raises `InvalidRequest`."""
    return document_of(_text(Path(path)), str(path))


def document_from(stream: BinaryIO, name: str) -> Document:
    """The one document that comes from somewhere, told of as `name`: YAML, so JSON too. Raises `InvalidRequest`."""
    return document_of(_text_of(stream, name), name)


def document_of(text: str, name: str) -> Document:
    """The one document of a text, read as `name` ends; an empty text has the value None. Raises `InvalidRequest`."""
    if name.lower().endswith(".json"):
        return json_document(text, name)
    documents = yaml_documents(text, name)
    if len(documents) > 1:
        place = documents[1].place_of(())
        raise InvalidRequest([Fault("", f"{len(documents)} documents", "one document a file, without `---`", place)])
    return documents[0] if documents else Document(name, None)


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_file():
        return iter([folder])
    return iter(sorted(_below(folder)))


def _below(folder: Path) -> Iterator[Path]:
    """What cannot be listed is a fault: half a catalog is none."""
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise InvalidCatalog([Fault("", str(folder), f"a folder that can be read ({error.strerror})")]) from None
    for path in (entry for entry in entries if not entry.name.startswith(".")):
        if path.is_dir() and not path.is_symlink():
            yield from _below(path)
        elif path.suffix.lower() in _ENDINGS and not path.is_dir():
            yield path


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return _text_of(stream, str(file))
    except OSError as error:
        raise InvalidRequest([Fault("", str(file), f"a file that can be read ({error.strerror})")]) from None


def _text_of(stream: BinaryIO, name: str) -> str:
    data = stream.read(FILE_LIMIT + 1)
    if len(data) > FILE_LIMIT:
        raise InvalidRequest([Fault("", name, f"a file of at most {FILE_LIMIT // 2**20} MB")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(name, line, error.start - data.rfind(b"\n", 0, error.start))
        raise InvalidRequest([Fault("", "bytes that are not UTF-8", "text in UTF-8", place)]) from None
