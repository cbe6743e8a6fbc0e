"""`python -m insight export`: the meeting files – PowerPoint, Excel or CSV – without a browser."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from insight import recipe
from insight.analysis import registry
from insight.audience import pairs, parse
from insight.errors import UsageError
from insight.export import as_json
from insight.export.item import Item
from insight.export.pack import Wanted, collect
from insight.export.tables import csv_bytes, result_csv
from insight.i18n.catalog import Words
from insight.ladder_lock import LockedBounds, following
from insight.workspace import audit
from insight.workspace.store import Workspace

_KINDS = (".pptx", ".xlsx", ".csv")
Say = Callable[[str], None]

_DESCRIPTION = """Write the answers to a file for the meeting: FILE.pptx (slides with native charts), FILE.xlsx (every
table) or FILE.csv (one answer's table). A setting belongs to the analysis before it:
export DATA deck.pptx segments.rfm ladder.migration window=6 nps.trend"""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """The subcommand and what it takes."""
    parser = commands.add_parser(
        "export", parents=[common], help="slides, a workbook or CSV for the meeting", description=_DESCRIPTION
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("file", type=Path, metavar="FILE.(pptx|xlsx|csv)")
    parser.add_argument("questions", nargs="+", metavar="ANALYSIS [NAME=VALUE ...]")
    parser.add_argument("--scope", help="an audience's link: only its customers")
    parser.add_argument("--template", type=Path, metavar="FILE", help="the client's own .pptx or .potx to write on")
    parser.add_argument("--title", default="", help="headline of the opening slide and of the workbook")


def export(args: argparse.Namespace, words: Words, say: Say) -> int:
    """Write the file. What the data cannot carry stands in it with its reason. Returns the exit code."""
    kind = args.file.suffix.lower()
    if kind not in _KINDS:
        raise UsageError("pack.unknown_kind", name=args.file.name)
    if args.template is not None and not args.template.is_file():
        raise UsageError("cli.no_such_file", name=args.template.name)
    if not args.file.absolute().parent.is_dir():
        raise UsageError("pack.no_folder", name=str(args.file.parent))
    decided = recipe.read(args.workspace)
    wanted = _wanted(args.questions, args.scope, decided.ladders)
    if kind == ".csv" and len(wanted) > 1:
        raise UsageError("pack.one_table_a_file")
    workspace = Workspace.open(args.workspace)
    try:
        terms = decided.words.get(words.language, {})
        known = Words(words.language, workspace.manifest.currency, terms=terms)
        items = collect(workspace, wanted, known, place=args.workspace.name)
        about = _about(workspace, known)
    finally:
        workspace.close()
    args.file.write_bytes(_content(kind, items, known, args, about))
    left = {"format": kind.removeprefix("."), "analyses": [item.analysis for item in items]}
    audit.append(args.workspace, "answers_exported", left)
    _tell(args, items, known, say)
    return 0


def _wanted(parts: Sequence[str], scope: str | None, locks: Sequence[LockedBounds]) -> list[Wanted]:
    """Questions with the settings that follow each, on top of the ladder's locked bounds."""
    audience = parse(scope) if scope else None
    found: list[tuple[str, dict[str, str]]] = []
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            registry.find(part)
            found.append((part, {}))
        elif not found or not name:
            raise UsageError("setting.not_a_pair", value=part)
        else:
            found[-1][1][name] = value
    return [Wanted(key, pairs(following(key, settings, locks)), audience) for key, settings in found]


def _about(workspace: Workspace, words: Words) -> str:
    """Until when the data go."""
    if not workspace.manifest.counts.get("transactions"):
        return ""
    with workspace.query() as query:
        return words.t("ui.data_as_of", day=query.extent()[1])


def _content(kind: str, items: Sequence[Item], words: Words, args: argparse.Namespace, about: str) -> bytes:
    if kind == ".csv":
        result = items[0].result
        if result is not None:
            return result_csv(result, words)
        refusal = items[0].refusal
        return csv_bytes([words.t("pack.reason")], [(words.message(refusal),)] if refusal else [], words.language)
    if kind == ".xlsx":
        from insight.export import workbook

        return workbook.build(items, words, title=args.title, about=about)
    # Slides bring the drawing libraries along, which take a second that no other command should wait.
    from insight.export import deck

    template = args.template.read_bytes() if args.template is not None else None
    return deck.build(items, words, title=args.title, about=about, template=template)


def _tell(args: argparse.Namespace, items: Sequence[Item], words: Words, say: Say) -> None:
    if args.json:
        say(as_json.dumps({
            "file": args.file.name,
            "items": [
                {
                    "analysis": item.analysis, "answered": item.result is not None,
                    "reason": as_json.both(item.refusal, words.currency) if item.refusal else None,
                }
                for item in items
            ],
        }))  # fmt: skip
        return
    refused = sum(1 for item in items if item.result is None)
    key = "pack.written_some" if refused else "pack.written"
    say(words.t(key, name=args.file.name, n=len(items), refused=refused))
