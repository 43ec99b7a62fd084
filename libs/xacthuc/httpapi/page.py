"""The reference page: the OpenAPI document as one HTML file to read, which asks nobody for anything and runs nothing."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xacthuc.httpapi.schemas import Schema

_REFERENCE: Final = "#/components/schemas/"
_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--quiet:#777}
body{font:16px/1.55 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:19rem minmax(0,1fr)}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.2rem;border-right:1px solid var(--line);box-sizing:border-box;
font-size:.9rem}
nav ul{list-style:none;margin:.2rem 0 1rem;padding:0}nav a{display:block;padding:.1rem 0;text-decoration:none;color:inherit}
nav a:hover{text-decoration:underline}main{padding:1.2rem 2.5rem 6rem;max-width:62rem}
section{border-top:1px solid var(--line);margin-top:2.2rem;padding-top:.4rem}
h1,h2,h3{line-height:1.25}h3{margin-bottom:.3rem}code,pre{font:.88em/1.5 ui-monospace,monospace}
code{background:var(--soft);padding:.1em .3em;border-radius:3px}pre{background:var(--soft);padding:.8rem;overflow:auto;
border-radius:5px}pre code{background:none;padding:0}table{border-collapse:collapse;width:100%;font-size:.93rem}
td,th{border-bottom:1px solid var(--line);text-align:left;vertical-align:top;padding:.4rem .8rem .4rem 0}
td p{margin:.1rem 0}.quiet{color:var(--quiet);font-size:.85rem}.verb{font-weight:600;text-transform:uppercase}
@media(max-width:55rem){body{display:block}nav{position:static;height:auto;border:0}main{padding:1rem}}
"""


def page(document: Schema) -> str:
    """Returns the page of a document that `document.py` made."""
    body = [*_head(document), *_operations(document), *_answers(document), *_types(document)]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Xacthuc API {escape(document['info']['version'])}</title><style>{_STYLE}</style></head>\n"
        f"<body>{_navigation(document)}<main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )


def _navigation(document: Schema) -> str:
    parts = []
    for tag in document["tags"]:
        links = "".join(
            f'<li><a href="#{escape(operation["operationId"])}">{escape(operation["summary"])}</a></li>'
            for _, _, operation in _each(document)
            if operation["tags"] == [tag["name"]]
        )
        parts.append(f'<a href="#{tag["name"]}"><b>{tag["name"]}</b></a><ul>{links}</ul>')
    return f'<nav>{"".join(parts)}<a href="#errors"><b>Errors</b></a><a href="#types"><b>Types</b></a></nav>'


def _head(document: Schema) -> Iterator[str]:
    info = document["info"]
    yield f"<h1>{escape(info['title'])} API, {escape(info['version'])}</h1>{_prose(info['description'])}"
    key = document["components"]["securitySchemes"]["platformKey"]["description"]
    yield f'{_prose(key)}<p>For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>'


def _operations(document: Schema) -> Iterator[str]:
    for tag in document["tags"]:
        yield f'<h2 id="{tag["name"]}">{tag["name"]}</h2>{_prose(tag["description"])}'
        for path, verb, operation in _each(document):
            if operation["tags"] == [tag["name"]]:
                yield _operation(path, verb, operation)


def _operation(path: str, verb: str, operation: Schema) -> str:
    found = [
        f'<section id="{escape(operation["operationId"])}"><h3>{escape(operation["summary"])}</h3>',
        f'<p><span class="verb">{verb}</span> <code>{escape(path)}</code></p>{_prose(operation["description"])}',
    ]
    if operation["parameters"]:
        rows = [
            (each["name"], each["schema"], each["description"], f"in the {each['in']}")
            for each in operation["parameters"]
        ]
        found.append(_table("Parameters", rows))
    if "requestBody" in operation:
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        found.append(_table("Body", _rows(body)))
    answer = operation["responses"]["200"]
    found.append(
        f"<p>Answers {_type(answer['content']['application/json']['schema'])}. "
        f"{'' if answer['description'] == 'Done.' else escape(answer['description'])}</p></section>"
    )
    return "".join(found)


def _answers(document: Schema) -> Iterator[str]:
    yield '<h2 id="errors">Errors</h2><p>Every error is a <a href="#Status">Status</a>.</p>'
    rows = "".join(
        f"<tr><td><code>{status}</code></td><td>{_prose(of['description'])}</td></tr>"
        for status, of in document["components"]["responses"].items()
    )
    yield f"<table>{rows}</table>"


def _types(document: Schema) -> Iterator[str]:
    yield '<h2 id="types">Types</h2>'
    for name, of in document["components"]["schemas"].items():
        yield f'<section id="{escape(name)}"><h3>{escape(name)}</h3>{_prose(of.get("description", ""))}'
        yield (_table("", _rows(of)) if of.get("properties") else "") + "</section>"


def _rows(of: Schema) -> list[tuple[str, Schema, str, str]]:
    required = of.get("required", ())
    return [
        (name, field, field.get("description", ""), "required" if name in required else "")
        for name, field in of["properties"].items()
    ]


def _table(title: str, rows: list[tuple[str, Schema, str, str]]) -> str:
    head = f'<tr><th colspan="2">{title}</th></tr>' if title else ""
    lines = "".join(
        f"<tr><td><code>{escape(name)}</code><br><span class=quiet>{_type(of)}{_bounds(of)} {note}</span></td>"
        f"<td>{_prose(told)}</td></tr>"
        for name, of, told, note in rows
    )
    return f"<table>{head}{lines}</table>"


def _type(of: Schema) -> str:
    if "$ref" in of:
        name = of["$ref"].removeprefix(_REFERENCE)
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    if of.get("type") == "array":
        return f"list of {_type(of['items'])}"
    if "allOf" in of:
        return _type(of["allOf"][0])
    return escape(str(of.get("format") or of.get("type", "")))


def _bounds(of: Schema) -> str:
    words: dict[str, Any] = {
        "at least": of.get("minLength", of.get("minItems", of.get("minimum"))),
        "at most": of.get("maxLength", of.get("maxItems", of.get("maximum"))),
    }
    told = [f"{word} {bound}" for word, bound in words.items() if bound is not None]
    if "pattern" in of:
        told.append(f"<code>{escape(of['pattern'])}</code>")
    return f"; {', '.join(told)}" if told else ""


def _each(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            yield path, verb, operation


def _prose(text: str) -> str:
    """Returns paragraphs and lists of a comment as HTML; what stands between backticks is code."""
    found = []
    for paragraph in text.split("\n\n"):
        lines = [_coded(line) for line in paragraph.split("\n") if line]
        if lines and all(line.startswith("- ") for line in lines):
            found.append("<ul>" + "".join(f"<li>{line[2:]}</li>" for line in lines) + "</ul>")
        elif lines:
            found.append(f"<p>{' '.join(lines)}</p>")
    return "".join(found)


def _coded(line: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(line, quote=False))
