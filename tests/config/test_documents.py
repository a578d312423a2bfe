"""Files to documents: values, places, and everything clever refused."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backfilld.catalog.documents import Ambiguous
from backfilld.config import documents
from backfilld.config.documents import document_of, read_document, read_documents
from backfilld.config.yaml_text import plain
from backfilld.errors import MORE, MOST_FAULTS, Fault, InvalidCatalog, InvalidRequest


def faults(text: str, name: str = "f.yaml") -> list[Fault]:
    with pytest.raises(InvalidRequest) as refused:
        document_of(text, name)
    return list(refused.value.faults)


def test_values_and_places_of_yaml() -> None:
    """Every key path has the line and column of its key, every list item those of its beginning."""
    document = document_of("a: 1\nb:\n  - x\n  - {c: true,\n     d: null}\n", "f.yaml")
    assert document.value == {"a": 1, "b": ["x", {"c": True, "d": None}]}
    assert {path: (place.line, place.column) for path, place in document.places.items()} == {
        (): (1, 1), ("a",): (1, 1), ("b",): (2, 1), ("b", 0): (3, 5), ("b", 1): (4, 5), ("b", 1, "c"): (4, 6),
        ("b", 1, "d"): (5, 6),
    }  # fmt: skip
    assert str(document.place_of(("b", 1, "missing"))) == "f.yaml:4:5"


def test_values_of_json() -> None:
    """Tabs, escapes and colons without a space are JSON."""
    document = document_of('{\n\t"a":1,\n\t"b":["x\\n\\ud83d\\ude00", {"c": -1.5e3}]\n}\n', "f.json")
    assert document.value == {"a": 1, "b": ["x\n😀", {"c": -1500.0}]}


@pytest.mark.parametrize(
    "text",
    ["22:00:00", "1:30", "010", "0x1f", "0o17", "0b1", "1_000", "+5", "on", "On", "OFF", "yes", "No", "y", "N", "1e3",
     "1.", ".5", ".inf", "-.INF", ".nan", "2013-01-01T02:03:04Z", "2013-01-01 02:03:04", "2013-02-30",
     "=", "1" * 40],
)  # fmt: skip
def test_plain_scalars_that_readers_disagree_about(text: str) -> None:
    """They keep their text and are marked, so that every field can ask for quotes."""
    found = plain(text)
    assert isinstance(found, Ambiguous)
    assert found == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10", 10), ("-3", -3), ("0", 0), ("1.50", 1.5), ("true", True), ("False", False), ("null", None), ("~", None),
     ("2013-01-31", date(2013, 1, 31)), ("yesterday", "yesterday"), ("-7d", "-7d"), ("0 2 * * *", "0 2 * * *"),
     ("a=b", "a=b"), ("30s", "30s"), ("flights.report:scorecard", "flights.report:scorecard"), ("truee", "truee")],
)  # fmt: skip
def test_plain_scalars_that_everybody_reads_alike(text: str, expected: object) -> None:
    """Decimal integers and floats, booleans, null, ISO dates; all else is text."""
    found = plain(text)
    assert (found, type(found)) == (expected, type(expected))


def test_quotes_make_a_text() -> None:
    """What is quoted, or in a block, is a text whatever it looks like."""
    document = document_of("a: '010'\nb: \"on\"\nc: |\n  22:00:00\n", "f.yaml")
    assert document.value == {"a": "010", "b": "on", "c": "22:00:00\n"}
    assert not any(isinstance(value, Ambiguous) for value in dict(document.value).values())  # type: ignore[call-overload]


def test_numbers_may_be_keys_and_other_scalars_may_not() -> None:
    """A task's id as key is its text; a date, a boolean or an ambiguous one asks for quotes."""
    assert document_of("101: x", "f.yaml").value == {"101": "x"}
    for key in ("on", "true", "2013-01-01", "1.5", "22:00:00", "null"):
        [fault] = faults(f"{key}: x")
        assert f'quote it: "{key}"' in fault.allowed


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("a: [1\nb: 2", "did not find expected", 2),
        ("a: 1\n\tb: 2", "tab character", 2),
        ("a: 1\na: 2", "it stands at f.yaml:1:1 already", 2),
        ("a: {b: 1, b: 2}", "it stands at f.yaml:1:5 already", 1),
        ("a: &x 1", "values without anchors", 1),
        ("a: 1\nb: *x", "the value itself", 2),
        ("a: &x {b: 1}\nc:\n  <<: *x", "the keys themselves", 3),
        ("a: !!str 1", "values without tags", 1),
        ("a: !python/object x", "values without tags", 1),
        ("? [a]\n: b", "a text as key", 1),
        ("a: 1\n---\nb: 2", "one document a file", 3),
        ('a: "x\\0y"', "without NUL", 1),
        ("a: é\nb: \x07", "printable text", 2),
        ("[" * 65, "at most 64 levels", 1),
        ("a: " + "[" * 100_000, "at most 64 levels", 1),
    ],
)
def test_yaml_that_is_refused(text: str, words: str, line: int) -> None:
    """Mistakes and cleverness alike, with line and what to write instead."""
    found = faults(text)
    told = [(fault.place.line if fault.place else 0) for fault in found if words in f"{fault.given} {fault.allowed}"]
    assert told == [line]


@pytest.mark.parametrize(
    "text",
    ["", "{", "{'a': 1}", '{"a": 1,}', "[1,]", "[1 2]", '{"a" 1}', "[01]", "[1.]", "[+1]", "[True]", '["a\nb"]', '["a',
     "[] []", "// x\n[]"],
)  # fmt: skip
def test_text_that_is_no_json_is_refused_with_its_place(text: str) -> None:
    """Nothing but the standard: YAML's liberties are not JSON's."""
    [fault] = faults(text, "f.json")
    assert (fault.given, fault.place is not None) == ("no JSON", True)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("[NaN]", "a finite number"), ("[Infinity]", "a finite number"), ("[-Infinity]", "a finite number"),
        ("[1e999]", "a finite number"), ("[" + "9" * 50 + "]", "a finite number"),
        ('{"a": 1, "a": 1}', "a key only once"), ('["\\ud800"]', "lone surrogates"), ('["\\u0000"]', "without NUL"),
        ('{"\\u0000": 1}', "without NUL"), ("[" * 66 + "]" * 66, "at most 64 levels"),
        ("[" * 100_000, "at most 64 levels"),
    ],
)  # fmt: skip
def test_json_that_is_refused(text: str, allowed: str) -> None:
    """What the standard leaves open is closed: keys once, numbers finite, texts storable, nesting bounded."""
    [fault] = faults(text, "f.json")
    assert allowed in fault.allowed


def test_all_faults_of_a_text_at_once() -> None:
    """Faults before a syntax error are told with it."""
    assert len(faults("a: &x 1\na: !t 2\nb: [")) == 4


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126))
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXTS
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


def nested(scalars: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4),
        max_leaves=12,
    )


@given(nested(PLAIN | FLOATS), st.sampled_from([None, 0, 2, "\t"]))
def test_json_reads_what_json_writes(value: object, indent: int | str | None) -> None:
    """Any value written by the standard library is read as it was."""
    assert document_of(json.dumps(value, indent=indent), "f.json").value == value


@given(nested(st.none() | st.booleans() | st.integers(-(10**15), 10**15) | PRINTABLE))
def test_json_is_yaml_too(value: object) -> None:
    """A JSON text of printable ASCII reads the same under a YAML name."""
    assert document_of(json.dumps(value, indent=2), "f.yaml").value == value


def test_a_folder_is_read_by_name_and_in_depth(tmp_path: Path) -> None:
    """`*.yaml` and `*.yml`, sorted, folders too; hidden ones, other endings and empty documents are passed over."""
    for name, text in {
        "b.yaml": "project: b",
        "a.yml": "# nothing\n---\nproject: a1\n---\nproject: a2\n---\n", "c/d.YAML": "project: d",
        ".hidden.yaml": "x: [", ".git/e.yaml": "x: [", "notes.txt": "x: [", "b.yaml~": "x: [",
    }.items():  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    found = read_documents(tmp_path)
    assert [document.value for document in found] == [{"project": name} for name in ("a1", "a2", "b", "d")]
    assert found[1].place_of(()) == found[1].places[()]
    assert str(found[1].places[("project",)]) == f"{tmp_path / 'a.yml'}:5:1"


def test_a_folder_tells_the_faults_of_all_files(tmp_path: Path) -> None:
    """One bad file does not hide another."""
    (tmp_path / "a.yaml").write_text("a: [")
    (tmp_path / "b.yaml").write_text("b: !x 1")
    (tmp_path / "c.yaml").write_bytes(b"ok: 1\nc: \xff")
    with pytest.raises(InvalidCatalog) as refused:
        read_documents(tmp_path)
    assert [str(fault.place).rpartition("/")[2] for fault in refused.value.faults] == [
        "a.yaml:2:1",
        "b.yaml:1:4",
        "c.yaml:2:4",
    ]


def test_a_folder_that_cannot_be_listed_is_a_fault(tmp_path: Path) -> None:
    """Half a catalog is none: a link to nowhere is told, and so is what cannot be read."""
    (tmp_path / "p.yaml").write_text("project: p")
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    with pytest.raises(InvalidCatalog, match=r"gone\.yaml"):
        read_documents(tmp_path)


def test_an_empty_folder_is_no_catalog(tmp_path: Path) -> None:
    """A wrong path must not read as a catalog without tasks."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(InvalidCatalog, match=r"a folder (with at least one|that can be read)"):
            read_documents(folder)


def test_one_file_may_be_the_catalog(tmp_path: Path) -> None:
    """A path to a file reads that file, whatever its name."""
    (tmp_path / "catalog.txt").write_text("project: p")
    assert [document.value for document in read_documents(tmp_path / "catalog.txt")] == [{"project": "p"}]


def test_a_request_file_by_its_ending(tmp_path: Path) -> None:
    """`.json` is JSON, all else YAML; a byte order mark is no text."""
    (tmp_path / "r.json").write_text('\ufeff{"a":\t1}')
    (tmp_path / "r.yaml").write_text("\ufeffa: 1")
    (tmp_path / "empty.yaml").write_text("")
    assert read_document(tmp_path / "r.json").value == read_document(tmp_path / "r.yaml").value == {"a": 1}
    assert read_document(tmp_path / "empty.yaml").value is None


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No file, a folder, or one over the limit is a fault, not a traceback."""
    with (tmp_path / "large.yaml").open("wb") as large:
        large.truncate(documents.FILE_LIMIT + 1)
    for name, words in {"missing.yaml": "No such file", ".": "directory", "large.yaml": "at most 16 MB"}.items():
        with pytest.raises(InvalidRequest, match=words):
            read_document(tmp_path / name)


def test_reading_ends_when_nobody_would_read_on() -> None:
    """A file of nothing but aliases is refused with its first thousand faults, and read no further."""
    found = faults("".join(f"- &a{number} x\n- *a{number}\n" for number in range(100_000)))
    assert len(found) == MOST_FAULTS + 1
    assert (found[0].given, found[-1]) == ("the anchor &a0", MORE)
