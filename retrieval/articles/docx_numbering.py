"""The parts of a DOCX package, checked, with the number of every list paragraph written in.

Word keeps numbers nowhere: they follow from counting paragraphs per list definition. The
rules are those of ECMA-376 Part 1, 17.9 (numbering): a `w:num` refers to an abstract list
whose levels have a start and a format; lists that share an abstract one share its count
unless they override the start; a paragraph restarts all deeper levels.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from typing import IO

from lxml import etree

from retrieval.articles.docx_content import prepare
from retrieval.errors import ArticleError

__all__ = ["NUMBERED", "Package", "open_package"]

NUMBERED = re.compile("\ue000([1a])(\\d+)\ue001")
"""What stands before a numbered paragraph: its kind (number or letter) and its count."""

_MAX_UNPACKED = 300_000_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_DCTERMS = "{http://purl.org/dc/terms/}"
_MEDIA = re.compile(r"word/(?:media|embeddings|fonts)/")


@dataclass(frozen=True)
class Package:
    """A package ready for mammoth.

    Attributes:
        stream: The archive, without pictures, its XML checked and written anew.
        title: From the file's properties, or "".
        updated: When it was last changed, from the same, or "".
    """

    stream: IO[bytes]
    title: str
    updated: str


def open_package(stream: IO[bytes]) -> Package:
    """Return a DOCX file's package.

    Raises:
        ArticleError: It is too large unpacked, not a Word file, or its XML is unsafe.
        zipfile.BadZipFile: It is no ZIP archive.
    """
    parts: dict[str, bytes] = {}
    with zipfile.ZipFile(stream) as archive:
        entries = [entry for entry in archive.infolist() if not _MEDIA.match(entry.filename)]
        if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
            raise ArticleError(f"the DOCX unpacks to more than {_MAX_UNPACKED:,} bytes: split it")
        for entry in entries:
            if entry.flag_bits & 1:
                raise ArticleError("the DOCX is locked with a password: save it without one")
            parts[entry.filename] = archive.read(entry)
    if "word/document.xml" not in parts:
        raise ArticleError("the archive holds no word/document.xml; expected a Word file (.docx)")
    trees = {
        name: _tree(name, raw) for name, raw in parts.items() if name.endswith((".xml", ".rels"))
    }
    prepare(trees)
    _write_numbers(trees)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, tree in trees.items():
            archive.writestr(name, etree.tostring(tree, encoding="utf-8", xml_declaration=True))
    packed.seek(0)
    core = trees.get("docProps/core.xml")
    return Package(packed, _property(core, _DC + "title"), _property(core, _DCTERMS + "modified"))


def _tree(name: str, raw: bytes) -> etree._Element:
    """Parse one part without entities, network or DTD."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ArticleError(f"the DOCX's {name} is not valid XML: {error}") from error
    if root.getroottree().docinfo.doctype:
        raise ArticleError(f"the DOCX's {name} declares a document type, which no Word file does")
    return root


def _property(core: etree._Element | None, name: str) -> str:
    found = None if core is None else core.find(name)
    return "" if found is None else (found.text or "").strip()


@dataclass
class _Level:
    start: int = 1
    format: str = "decimal"


@dataclass
class _Numbering:
    """List definitions: `w:num` → its abstract list, levels, and overridden starts."""

    abstract_of: dict[str, str] = field(default_factory=dict)
    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)


def _write_numbers(trees: dict[str, etree._Element]) -> None:
    numbering = _numbering(trees.get("word/numbering.xml"))
    styles = _styles(trees.get("word/styles.xml"))
    counts: dict[tuple[str, int], int] = {}
    begun: set[tuple[str, int]] = set()
    for paragraph in trees["word/document.xml"].iter(_W + "p"):
        num, depth = _list_of(paragraph, styles)
        abstract = numbering.abstract_of.get(num)
        if abstract is None:
            continue
        level = numbering.levels.get(abstract, {}).get(depth, _Level())
        key = (abstract, depth)
        override = numbering.starts.get((num, depth))
        if override is not None and (num, depth) not in begun:
            counts[key] = override
        else:
            counts[key] = counts[key] + 1 if key in counts else level.start
        begun.add((num, depth))
        _state_list(paragraph, num, depth)
        for other in [found for found in counts if found[0] == abstract and found[1] > depth]:
            del counts[other]
        if level.format not in ("bullet", "none"):
            _mark(paragraph, counts[key], lettered=level.format in ("lowerLetter", "upperLetter"))


def _state_list(paragraph: etree._Element, num: str, depth: int) -> None:
    """Write a list that a paragraph has from its style into it: mammoth reads no others."""
    properties = paragraph.find(_W + "pPr")
    if properties is not None and properties.find(_W + "numPr") is None:
        listed = etree.SubElement(properties, _W + "numPr")
        etree.SubElement(listed, _W + "ilvl").set(_W + "val", str(depth))
        etree.SubElement(listed, _W + "numId").set(_W + "val", num)


def _mark(paragraph: etree._Element, number: int, *, lettered: bool) -> None:
    if not 0 <= number < 100_000 or not any(text.text for text in paragraph.iter(_W + "t")):
        return
    run = etree.Element(_W + "r")
    text = etree.SubElement(run, _W + "t")
    text.text = f"\ue000{'a' if lettered else '1'}{number}\ue001"
    properties = paragraph.find(_W + "pPr")
    paragraph.insert(0 if properties is None else paragraph.index(properties) + 1, run)


def _list_of(paragraph: etree._Element, styles: dict[str, tuple[str, int]]) -> tuple[str, int]:
    """Return (number of the list or "", depth) of a paragraph."""
    properties = paragraph.find(_W + "pPr")
    if properties is None:
        return "", 0
    found = _num_of(properties)
    style = properties.find(_W + "pStyle")
    inherited = styles.get(_value(style), ("", 0))
    num, depth = found if found is not None else inherited
    return num or inherited[0], depth


def _num_of(properties: etree._Element) -> tuple[str, int] | None:
    listed = properties.find(_W + "numPr")
    if listed is None:
        return None
    return _value(listed.find(_W + "numId")), _integer(_value(listed.find(_W + "ilvl")), 0)


def _styles(root: etree._Element | None) -> dict[str, tuple[str, int]]:
    """Return style → (list, depth), as inherited from the styles it is based on."""
    own: dict[str, tuple[str, int]] = {}
    based: dict[str, str] = {}
    for style in [] if root is None else root.iter(_W + "style"):
        name = style.get(_W + "styleId") or ""
        based[name] = _value(style.find(_W + "basedOn"))
        properties = style.find(_W + "pPr")
        found = None if properties is None else _num_of(properties)
        if found is not None:
            own[name] = found
    resolved: dict[str, tuple[str, int]] = {}
    for name in based:
        at, seen = name, set[str]()
        while at and at not in own and at not in seen:
            seen.add(at)
            at = based.get(at, "")
        if at in own:
            resolved[name] = own[at]
    return resolved


def _numbering(root: etree._Element | None) -> _Numbering:
    numbering = _Numbering()
    if root is None:
        return numbering
    for abstract in root.iter(_W + "abstractNum"):
        name = abstract.get(_W + "abstractNumId") or ""
        numbering.levels[name] = {
            _integer(level.get(_W + "ilvl"), 0): _Level(
                _integer(_value(level.find(_W + "start")), 1),
                _value(level.find(_W + "numFmt")) or "decimal",
            )
            for level in abstract.iter(_W + "lvl")
        }
    for num in root.iter(_W + "num"):
        name = num.get(_W + "numId") or ""
        numbering.abstract_of[name] = _value(num.find(_W + "abstractNumId"))
        for override in num.iter(_W + "lvlOverride"):
            start = override.find(_W + "startOverride")
            if start is not None:
                depth = _integer(override.get(_W + "ilvl"), 0)
                numbering.starts[name, depth] = _integer(_value(start), 1)
    return numbering


def _value(element: etree._Element | None) -> str:
    return "" if element is None else element.get(_W + "val") or ""


def _integer(text: str | None, default: int) -> int:
    return int(text) if text and re.fullmatch(r"[0-9]{1,5}", text) else default
