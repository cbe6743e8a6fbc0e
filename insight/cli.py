"""The command line: the analyses, files in and out, without a browser. JSON or text on stdout, messages on stderr.

Exit 0: done (warnings are in the output). 2: refused or wrong usage. 1: a fault of ours.
"""

import argparse
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from insight import cli_export, cli_people, cli_recipe, ladder_lock, loading, recipe
from insight.analysis import registry
from insight.audience import Audience, mark_of, pairs, parse, scoped_query
from insight.errors import InsightError, UsageError
from insight.export import as_json
from insight.export.as_csv import csv_text
from insight.export.written import column_name, ends_words, is_shares_apart, metric_words, points_words, undefined
from insight.i18n.catalog import LANGUAGES, Words, say
from insight.ingest.options import ReadOptions
from insight.ingest.report import FileReport
from insight.ingest.schema import TABLES
from insight.result import Message, Result, Unit
from insight.settings import Setting
from insight.words import audit_line, receipt_lines
from insight.workspace import audit, quality
from insight.workspace import manifest as manifests
from insight.workspace.describe import describe
from insight.workspace.store import SourceFile, Workspace

_TEXT_ROWS = 40
_YES = ("y", "yes", "j", "ja")
# What a page offers as a choice, as the command line takes it.
_OTHERWISE = {
    "currency_taken": "currency=EUR", "same_file_again": "if_exists=replace", "kind_already_loaded": "if_exists=append",
    "sales_overlap": "overlap=skip", "rows_overlap": "overlap=skip", "aside_order_sum": "order_sums=keep",
    "aside_cancelled": "uncompleted=none", "status_waiting": "uncompleted=all",
    "aside_paid_back": "uncompleted=none", "kept_paid_back": "uncompleted=cancelled",
    "aside_undelivered": "uncompleted=none", "kept_undelivered": "uncompleted=cancelled",
    "kept_cancelled": "uncompleted=cancelled", "aside_waiting": "uncompleted=cancelled",
    "sides_joined": "signs=swap", "mostly_negative": "signs=swap", "number_side": "returns=none",
    "negative_by_swap": "signs=keep", "sides_swapped": "signs=keep",
    "number_sides": "returns=none", "sets_spread": "sets=keep",
}  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Turns argparse's own complaints into ours, so that `--json` prints one object also then."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("cli.usage", reason=message, usage=self.format_usage().strip())


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON object on stdout")
    common.add_argument("--lang", choices=LANGUAGES, default="sv", help="language of what people read")
    parser = _Parser(prog="python -m insight", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)

    load = commands.add_parser("load", parents=[common], help="read files into a workspace")
    load.add_argument("workspace", type=Path)
    load.add_argument("files", type=Path, nargs="+")
    load.add_argument("--as", dest="kind", choices=sorted(TABLES), help="what the files hold, when not to be guessed")
    load.add_argument("--set", dest="options", action="append", default=[], metavar="NAME=VALUE", help="how to read")
    load.add_argument("--recipe", type=Path, help="read files as the recipe of another workspace remembers them")

    what = commands.add_parser("describe", parents=[common], help="rows, customers, sums and dates of every table")
    what.add_argument("workspace", type=Path)

    commands.add_parser("list", parents=[common], help="the analyses and their settings")

    run = commands.add_parser("run", parents=[common], help="one analysis")
    customers = commands.add_parser("customers", parents=[common], help="the customers behind a mark")
    for command in (run, customers):
        command.add_argument("workspace", type=Path)
        command.add_argument("analysis")
        command.add_argument("settings", nargs="*", metavar="NAME=VALUE")
        command.add_argument("--scope", help="an audience's link: only its customers")
        command.add_argument("--csv", action="store_true", help="CSV on stdout")
    customers.add_argument("--mark", action="append", default=[], metavar="COLUMN=VALUE", help="which mark")
    cli_people.add_options(customers)

    forget = commands.add_parser("forget", parents=[common], help="erase a workspace, or one customer, for good")
    forget.add_argument("workspace", type=Path)
    forget.add_argument("--customer", metavar="ID", help="only this person; past figures stay, without the person")
    forget.add_argument("--yes", action="store_true", help="erase the whole folder without asking, as a script has to")

    cli_export.add(commands, common)
    cli_recipe.add(commands, common)

    log = commands.add_parser("audit", parents=[common], help="the log of what was taken out and changed, checked")
    log.add_argument("workspace", type=Path)
    return parser


def _named(parts: Sequence[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or not name:
            raise UsageError("setting.not_a_pair", value=part)
        named[name] = value
    return named


def _say(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def _load(args: argparse.Namespace, words: Words) -> int:
    options = ReadOptions.parse(_named(args.options), kind=args.kind)
    missing = [path.name for path in (*args.files, *([args.recipe] if args.recipe else [])) if not path.is_file()]
    if missing:
        raise UsageError("cli.no_such_file", name=", ".join(missing))
    further = recipe.from_text(args.recipe.read_text(encoding="utf-8", errors="replace")).files if args.recipe else ()
    fresh = not (args.workspace / "manifest.json").exists()
    workspace = Workspace.create(args.workspace) if fresh else Workspace.open(args.workspace)
    try:
        files = [SourceFile(path, path.name, options) for path in args.files]
        reports = loading.load(workspace, files, further=further)
    finally:
        workspace.close()
    if fresh and all(report.outcome == "refuse" for report in reports):
        workspace.destroy()
    if args.json:
        _say(as_json.dumps({"files": [report.as_json(say) for report in reports]}))
    else:
        for report in reports:
            _say(_report_text(report, words))
    return 2 if any(report.outcome == "refuse" for report in reports) else 0


def _report_text(report: FileReport, words: Words) -> str:
    form: dict[str, Any] = report.as_json(say)
    lines = [
        words.t(
            f"cli.loaded.{report.outcome}", name=report.name,
            kind=words.t(f"table.{report.kind}") if report.kind else "–",
            rows=form["rows"], set_aside=form["set_aside"], footers=form["footers"], lines=form["lines"],
        )
    ]  # fmt: skip
    lines += [f"  {_field(report.kind, field, words)} ← {column}" for field, column in form["mapping"].items()]
    for message in form["messages"]:
        lines.append(f"  - {message[words.language]}")
        otherwise = _otherwise(report, message["code"], message["column"])
        if otherwise:
            lines.append(f"    {words.t('cli.otherwise', setting=otherwise)}")
    return "\n".join(lines)


def _field(kind: str, name: str, words: Words) -> str:
    """A field by its name for people."""
    known = next((field for field in TABLES[kind].fields if field.name == name), None) if kind in TABLES else None
    if known is None:
        return name
    return known.sv if words.language == "sv" else known.en


def _otherwise(report: FileReport, code: str, column: str | None) -> str:
    """The setting that answers what a message asks about; empty where none does."""
    if code == "date_ambiguous":
        read = {d.value for d in report.decisions if d.name == "day_first" and column in (None, d.column)}
        return f"day_first={'no' if 'yes' in read else 'yes'}"
    return _OTHERWISE.get(code, "")


def _describe(args: argparse.Namespace, words: Words) -> int:
    workspace = Workspace.open(args.workspace)
    try:
        with workspace.query() as query:
            found = describe(query)
            persons = quality.joined(query)
    finally:
        workspace.close()
    if args.json:
        form = {"tables": found, "currency": workspace.manifest.currency}
        _say(as_json.dumps({**form, "persons": asdict(persons)} if persons.ids else form))
        return 0
    for name, table in found.items():
        if table["rows"]:
            total = table["amount_sum"]
            _say(
                Words(words.language, workspace.manifest.currency).t(
                    "cli.table" if total is None else "cli.table_sum", name=words.t(f"table.{name}"),
                    rows=table["rows"], customers=table["customers"], first=table["first"] or "–",
                    last=table["last"] or "–", total=total,
                )
            )  # fmt: skip
    if persons.ids:
        _say(
            words.t(
                "cli.persons", merged=persons.merged, ids=persons.ids, persons=persons.persons,
                rows=persons.rows_moved, conflicts=persons.conflicts,
            )
        )  # fmt: skip
    return 0


def _setting_form(setting: Setting) -> dict[str, object]:
    default = None if callable(setting.default) else as_json.plain(setting.default)
    return {"name": setting.name, "kind": setting.kind, "default": default, "choices": list(setting.choices)}


def _list(args: argparse.Namespace, words: Words) -> int:
    both = {language: Words(language) for language in LANGUAGES}
    found = [
        {
            "key": analysis.key,
            "title": {language: both[language].t(f"analysis.{analysis.key}.title") for language in LANGUAGES},
            "settings": [_setting_form(setting) for setting in analysis.settings],
            "marks": list(analysis.marks),
            "tables": list(analysis.tables),
        }
        for analysis in registry.analyses().values()
    ]
    if args.json:
        _say(as_json.dumps({"analyses": found}))
        return 0
    for analysis in registry.analyses().values():
        names = " ".join(f"{setting.name}=" for setting in analysis.settings)
        _say(f"{analysis.key:28} {words.t(f'analysis.{analysis.key}.title')}\n{'':28} {names}")
    return 0


def _scope(args: argparse.Namespace) -> Audience | None:
    return parse(args.scope) if args.scope else None


def _decided(args: argparse.Namespace) -> dict[str, str]:
    """The settings that were given, on top of the bounds that are locked in the workspace."""
    return ladder_lock.following(args.analysis, _named(args.settings), recipe.read(args.workspace).ladders)


def _run(args: argparse.Namespace, words: Words) -> int:
    workspace = Workspace.open(args.workspace)
    try:
        settings = _decided(args)
        with scoped_query(workspace, _scope(args)) as query:
            result = registry.run(query, args.analysis, settings)
    finally:
        workspace.close()
    if args.json:
        form = as_json.result_json(result, workspace.manifest.currency)
        form["settings"] = settings
        form["scope"] = args.scope
        _say(as_json.dumps(form))
    elif args.csv:
        _say(csv_text([str(name) for name in result.table.columns], result.table.itertuples(index=False)))
    else:
        _say(_result_text(result, Words(words.language, workspace.manifest.currency, result.labels)))
    return 0


def _cell(words: Words, cell: object, unit: Unit, column: str) -> str:
    """A cell as text; figures below ten that stand in a column with larger ones keep the decimals that carry them."""
    if not undefined(cell) and is_shares_apart(column, unit):
        return points_words(words, cell)
    if unit == "number" and isinstance(cell, (int, float)) and 0 < abs(cell) < 10:
        return words.number(cell, 2 if abs(cell) >= 1 else 3)
    return words.value(cell, unit)


def _result_text(result: Result, words: Words) -> str:
    lines = [words.headline(result.headline), ""]
    for name, metric in result.metrics.items():
        own = f"metric.{result.key}.{name}"
        title = words.t(own if words.has(own) else f"metric.{name}")
        spread = ""
        if metric.low is not None and metric.high is not None:
            spread = f"  ({' – '.join(ends_words(words, name, metric))})"
        lines.append(f"{title}: {metric_words(words, name, metric)}{spread}")
    names = [str(name) for name in result.table.columns]
    cells = [[_cell(words, cell, result.units.get(name, "text"), name) for name, cell in zip(names, row, strict=True)]
             for row in result.table.head(_TEXT_ROWS).itertuples(index=False)]  # fmt: skip
    heads = [column_name(words, result.key, name) for name in names]
    widths = [max(len(row[i]) for row in [heads, *cells]) for i in range(len(names))]
    lines += [
        "",
        *("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in [heads, *cells]),
    ]
    lines += ["", *(words.message(Message(f"note.{note.code}", note.values)) for note in result.notes)]
    return "\n".join(lines)


def _customers(args: argparse.Namespace, words: Words) -> int:
    mark = mark_of(args.analysis, pairs(_decided(args)), _named(args.mark), _scope(args))
    return cli_people.customers(args, words, mark, _say, _tell)


def _tell(said: str) -> None:
    sys.stderr.write(said + "\n")


def _forget(args: argparse.Namespace, words: Words) -> int:
    if args.customer is not None:
        return _forget_customer(args, words)
    workspace = Workspace(args.workspace)
    if not args.yes and not _agreed(args, words):
        return 2
    workspace.destroy()
    _say(
        as_json.dumps({"forgotten": args.workspace.name})
        if args.json
        else words.t("cli.forgotten", name=args.workspace.name)
    )
    return 0


def _agreed(args: argparse.Namespace, words: Words) -> bool:
    """Whether who sits there says yes. Raises UsageError where nobody does: a script has to say so itself."""
    if args.json or not sys.stdin.isatty():
        raise UsageError("cli.forget_needs_yes", name=args.workspace.name)
    sys.stderr.write(words.t("cli.forget_question", name=args.workspace.name) + " ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in _YES:
        return True
    _tell(words.t("cli.not_forgotten", name=args.workspace.name))
    return False


def _forget_customer(args: argparse.Namespace, words: Words) -> int:
    workspace = Workspace.open(args.workspace)
    try:
        receipt = workspace.forget(args.customer)
    finally:
        workspace.close()
    if args.json:
        _say(as_json.dumps(receipt.as_json()))
    else:
        _say("\n".join(receipt_lines(receipt, Words(words.language, workspace.manifest.currency))))
    return 0


def _audit(args: argparse.Namespace, words: Words) -> int:
    manifests.read(args.workspace)
    events, verdict = audit.events(args.workspace), audit.verify(args.workspace)
    if args.json:
        rows = [{"number": e.number, "at": e.at, "who": e.who, "action": e.action, "values": e.values} for e in events]
        _say(as_json.dumps({"events": rows, "whole": verdict.whole, "broken": verdict.broken}))
    else:
        for event in events:
            _say(audit_line(event, words))
        key = "audit.empty" if not events else "audit.whole" if verdict.whole else "audit.broken"
        _say(words.t(key, lines=verdict.lines, line=verdict.broken))
    return 0 if verdict.whole else 2


def _export(args: argparse.Namespace, words: Words) -> int:
    return cli_export.export(args, words, _say)


def _recipe(args: argparse.Namespace, words: Words) -> int:
    return cli_recipe.run(args, words, _say)


_COMMANDS = {
    "load": _load, "describe": _describe, "list": _list, "run": _run, "customers": _customers, "forget": _forget,
    "audit": _audit, "export": _export, "recipe": _recipe,
}  # fmt: skip


def _read(words_in: list[str]) -> argparse.Namespace:
    """The command line; NAME=VALUE may stand before or after the options, wherever people write it."""
    parser = _parser()
    args, rest = parser.parse_known_args(words_in)
    settings: list[str] | None = getattr(args, "settings", getattr(args, "questions", None))
    if settings is not None and all("=" in part and not part.startswith("-") for part in rest):
        settings += rest
    elif rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return args


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words_in = list(sys.argv[1:] if argv is None else argv)
    wants_json = "--json" in words_in
    words = Words("en" if "--lang=en" in words_in or _follows(words_in, "--lang", "en") else "sv")
    try:
        args = _read(words_in)
        return _COMMANDS[args.command](args, words)
    except InsightError as failure:
        if wants_json:
            _say(as_json.dumps(as_json.error(failure)))
        sys.stderr.write(words.message(Message(failure.key, failure.values)) + "\n")
        return 2
    except BrokenPipeError:
        return 0
    except Exception as fault:  # noqa: BLE001 - the last stop: no traceback, it could carry a customer's data
        failure = InsightError("error.unexpected", code=f"{type(fault).__name__}-{secrets.token_hex(3)}")
        if wants_json:
            _say(as_json.dumps(as_json.error(failure)))
        sys.stderr.write(words.message(Message(failure.key, failure.values)) + "\n")
        return 1


def _follows(parts: Sequence[str], first: str, second: str) -> bool:
    return any(a == first and b == second for a, b in pairwise(parts))
