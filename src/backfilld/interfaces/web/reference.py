"""The reference of the API as a page of its own: written from the OpenAPI document, with no script nor other file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from html import escape
from typing import Any

from backfilld.interfaces.web.policy import NOWHERE_ELSE

Said = Mapping[str, Any]
"""A part of the document."""
STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2.5rem 0 .5rem; text-transform: capitalize }
details { border-top: 1px solid light-dark(#ddd, #444) }
summary { padding: .45rem 0; cursor: pointer }
details > :not(summary) { margin-left: 1rem }
code, pre { font: 13px/1.5 ui-monospace, monospace }
pre { overflow-x: auto; padding: .5rem; background: light-dark(#f4f4f2, #222) }
b { display: inline-block; min-width: 4.2rem }
table { border-collapse: collapse; margin: .5rem 0 }
td { padding: .15rem 1rem .15rem 0; vertical-align: top }
"""
POLICY = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'; {NOWHERE_ELSE}"
_NAMED = "#/components/schemas/"


def reference_page(document: Said) -> str:
    """Every operation by what it is about, then every form by its name; all texts are escaped."""
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style><main><h1>{escape(info['title'])} API {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('description', ''))} "
        'The same for programs: <a href="openapi.json">openapi.json</a>.</p>'
        f"{''.join(_sections(document))}<h2>Forms</h2>{''.join(_forms(document))}</main></html>"
    )


def _sections(document: Said) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["others"])[0]
            by_tag.setdefault(tag, []).append(_operation(method.upper(), path, operation))
    yield from (f"<h2>{escape(tag)}</h2>{''.join(found)}" for tag, found in by_tag.items())


def _operation(method: str, path: str, said: Said) -> str:
    title = f"<summary><b>{escape(method)}</b><code>{escape(path)}</code> {escape(said.get('summary', ''))}</summary>"
    told = "".join(f"<p>{escape(part)}</p>" for part in said.get("description", "").split("\n\n") if part)
    parameters = [
        (
            f"{it['name']} ({it['in']}{', needed' if it.get('required') else ''})",
            it["schema"],
            it.get("description", ""),
        )
        for it in said.get("parameters", ())
    ]
    return f"<details>{title}{told}{_table(parameters)}{_body(said)}{_answers(said)}</details>"


def _table(rows: Iterable[tuple[str, Said, str]]) -> str:
    """Names, what they take, and what is said of them."""
    cells = (
        f"<tr><td><code>{escape(name)}</code><td>{_kind(schema)}<td>{escape(told or schema.get('description', ''))}"
        for name, schema, told in rows
    )
    return f"<table>{found}</table>" if (found := "".join(cells)) else ""


def _body(said: Said) -> str:
    taken = said.get("requestBody")
    return (
        "" if taken is None else f"<p>Takes {', '.join(_contents(taken))}. {escape(taken.get('description', ''))}</p>"
    )


def _answers(said: Said) -> str:
    rows = (
        f"<tr><td><code>{escape(status)}</code><td>{escape(answer['description'])}<td>{', '.join(_contents(answer))}"
        for status, answer in said["responses"].items()
    )
    return f"<table>{''.join(rows)}</table>"


def _contents(said: Said) -> Iterator[str]:
    for kind, content in said.get("content", {}).items():
        yield f"<code>{escape(kind)}</code> {_kind(content.get('schema', {}))}"


def _forms(document: Said) -> Iterator[str]:
    for name, schema in sorted(document["components"]["schemas"].items()):
        about = f"<summary><code>{escape(name)}</code></summary>"
        needed = schema.get("required", ())
        fields = [
            (f"{field}{'' if field in needed else ' (may be left out)'}", of, "")
            for field, of in schema.get("properties", {}).items()
        ]
        shape = _table(fields) or f"<pre>{escape(json.dumps(schema, indent=1))}</pre>"
        told = escape(schema.get("description", ""))
        # inside, as browsers open what a link leads into
        yield f'<details>{about}<p id="{escape(name)}">{told}</p>{shape}</details>'


def _kind(schema: Said) -> str:
    """What values are allowed, in short; a form that has a name links to it."""
    if named := schema.get("$ref"):
        name = escape(named.removeprefix(_NAMED))
        return f'<a href="#{name}">{name}</a>'
    for word, joint in (("anyOf", " or "), ("oneOf", " or "), ("allOf", " and ")):
        if word in schema:
            return joint.join(map(_kind, schema[word]))
    if "enum" in schema or "const" in schema:
        return " ".join(
            f"<code>{escape(json.dumps(each))}</code>" for each in schema.get("enum", [schema.get("const")])
        )
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    kind = schema.get("type", "anything")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    return escape(f"{words} ({schema['format']})" if "format" in schema else words)
