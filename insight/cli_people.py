"""`python -m insight customers`: the customers behind a mark, by consent, hashed, or as the client's own rows.

Without an option of its own the output is what programs rely on: `--csv` is the list as the analysis has it. With
`--consent`, `--hash`, `--own` or `--out` the same rules hold as on the page: no answer is no, everybody only with a
reason. Every list that leaves is logged.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from insight import customer_list
from insight.analysis import registry
from insight.audience import Mark, scoped_query, select
from insight.errors import UsageError
from insight.export import as_json, people, people_rejoin
from insight.export.as_csv import csv_text
from insight.export.people import Account, Purpose, Wish
from insight.export.people_hash import PLATFORMS
from insight.export.written import column_name, undefined
from insight.i18n.catalog import LANGUAGES, Words
from insight.result import Message, Result, Unit
from insight.words import sentence
from insight.workspace.store import Workspace

_TEXT_ROWS = 40
_MOST_VALUES = 40
_CONSENTS: tuple[Purpose, ...] = ("email", "sms", "post")
Say = Callable[[str], None]


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `customers` takes beyond whom it lists."""
    parser.add_argument("--consent", choices=_CONSENTS, help="only those who have said yes to this channel")
    parser.add_argument("--hash", dest="platform", choices=PLATFORMS, help="e-mail and phone as the platform's SHA-256")
    parser.add_argument("--reason", default="", help="why those without consent come along too; is logged")
    parser.add_argument("--own", type=Path, metavar="FILE", help="the rows of this file that are theirs, as CSV")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the list as the page gives it: .csv or .xlsx")
    parser.add_argument("--columns", default="", metavar="A,B", help="with --out: what else than the purpose needs")


def customers(args: argparse.Namespace, words: Words, mark: Mark, say: Say, tell: Say) -> int:
    """Print or write the list; `tell` takes what is said beside it (who was left out). Returns the exit code."""
    wish = _wish(args)
    workspace = Workspace.open(args.workspace)
    try:
        _check_values(workspace, mark)
        result = _answer(workspace, mark) if args.out or not args.csv else None
        labels = result.labels if result else {}
        words = Words(words.language, workspace.manifest.currency)
        known = words.with_labels(labels)
        if args.own:
            account, said = _own(workspace, mark, known, wish, args, tell)
        elif args.out:
            account, said = _out(workspace, mark, known, wish, args, [result] if result else [])
        elif wish.purpose == "ads":
            account, said = _hashed(workspace, mark, known, wish, args)
        else:
            account, found, read = _found(workspace, mark, wish)
            if args.csv or args.json:
                people.log(workspace, mark, wish, account, list(map(str, found.columns)))
            said = _printed(args, mark, words, labels, wish, account, found, read)
        if said:
            say(said)
        _tell(tell, known, wish, account)
    finally:
        workspace.close()
    return 0


def _wish(args: argparse.Namespace) -> Wish:
    if args.platform and args.consent:
        raise UsageError("people.hash_or_consent")
    purpose: Purpose = "ads" if args.platform else args.consent or "analysis"
    columns = tuple(name.strip() for name in args.columns.split(",") if name.strip())
    if columns and (not args.out or not args.consent):
        raise UsageError("people.columns_with_out")
    platform = args.platform or PLATFORMS[0]
    return people.checked(Wish(purpose, reason=args.reason.strip(), platform=platform, columns=columns))


def _answer(workspace: Workspace, mark: Mark) -> Result:
    with scoped_query(workspace, mark.within) as query:
        return registry.run(query, mark.analysis, dict(mark.settings))


def _check_values(workspace: Workspace, mark: Mark) -> None:
    """Raise UsageError for a value that the mark's column never has, naming those it has. A value that nobody has just
    now is one that the answer has a row or a word for."""
    analysis = registry.find(mark.analysis)
    if not mark.mark or analysis.members is None:
        return
    found: dict[str, set[str]] = {}
    with scoped_query(workspace, mark.within) as query:
        analysis.members(query, registry.settings_for(query, analysis, dict(mark.settings)))
        for name, _ in mark.mark:
            text = f'SELECT DISTINCT cast("{name}" AS VARCHAR) FROM members WHERE "{name}" IS NOT NULL'  # noqa: S608
            found[name] = {str(row[0]) for row in query.rows(text)}
    unknown = [(name, value) for name, value in mark.mark if value not in found[name]]
    if not unknown:
        return
    result = _answer(workspace, mark)
    for name, value in unknown:
        table = result.table
        known = found[name] | ({str(cell) for cell in table[name].dropna()} if name in table.columns else set())
        if value not in known and value not in result.labels:
            raise UsageError("cli.unknown_value", name=name, value=value, known=_listed(sorted(known), result.labels))


def _listed(values: Sequence[str], labels: Mapping[str, str]) -> Message:
    """Values with their words where they have any; of very many the first."""
    words = Words(LANGUAGES[0])
    parts = [
        Message("cli.value_named", {"value": value, "words": Message(key)}) if words.has(key) else
        Message("cli.value", {"value": value})
        for value in values[:_MOST_VALUES]
        for key in [labels.get(value, f"label.{value}")]
    ]  # fmt: skip
    if len(values) > _MOST_VALUES:
        parts.append(Message("cli.value", {"value": "…"}))
    if not parts:
        return Message("cli.value", {"value": "–"})
    said = parts[-1]
    for part in reversed(parts[:-1]):
        said = Message("cli.joined", {"first": part, "rest": said})
    return said


def _own(
    workspace: Workspace, mark: Mark, words: Words, wish: Wish, args: argparse.Namespace, tell: Say
) -> tuple[Account, str]:  # fmt: skip
    """The rows of the client's own file, as CSV or in a JSON object that says how they were found."""
    if not args.own.is_file():
        raise UsageError("cli.no_such_file", name=args.own.name)
    found = people_rejoin.rejoin(workspace, mark, wish, args.own, args.own.name)
    content = found.content.decode("utf-8-sig").replace("\r\n", "\n")
    kept = found.account.n_rows
    values = {"rows": found.n_rows, "found": kept - found.missing, "kept": kept, "column": found.column}
    tell(words.t("people.rejoin.done", **values))
    if found.missing:
        tell(words.t("people.rejoin.missing", n=found.missing))
    form = {"count": found.n_rows, "missing": found.missing, "column": found.column, "csv": content}
    return found.account, as_json.dumps({**form, "dropped": dict(found.account.dropped)}) if args.json else content


def _out(
    workspace: Workspace, mark: Mark, words: Words, wish: Wish, args: argparse.Namespace, results: Sequence[Result]
) -> tuple[Account, str]:  # fmt: skip
    """The page's own file, written; beside a CSV file a text of how the list was made."""
    path: Path = args.out
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise UsageError("people.out_csv_or_xlsx", name=path.name)
    if not path.parent.is_dir():
        raise UsageError("cli.no_such_file", name=path.parent.name)
    account = people.count(workspace, mark, wish)
    form: dict[str, object] = {"count": account.n_rows, "file": path.name, "dropped": dict(account.dropped)}
    if path.suffix.lower() == ".xlsx":
        path.write_bytes(people.xlsx_file(workspace, mark, words, wish, results))
    else:
        path.write_bytes(people.csv_file(workspace, mark, words, wish))
        about = path.with_name(f"{path.stem}-{words.t('people.file_about')}.txt")
        about.write_bytes(people.about_text(words, mark, wish, account, results))
        form["about"] = about.name
    return account, as_json.dumps(form) if args.json else ""


def _hashed(
    workspace: Workspace, mark: Mark, words: Words, wish: Wish, args: argparse.Namespace
) -> tuple[Account, str]:  # fmt: skip
    content = people.csv_file(workspace, mark, words, wish).decode("ascii")
    account = people.count(workspace, mark, wish)
    columns, *rows = [line.split(",") for line in content.splitlines()]
    form = {"count": len(rows), "columns": columns, "rows": rows, "dropped": dict(account.dropped)}
    return account, as_json.dumps(form) if args.json else content


def _found(workspace: Workspace, mark: Mark, wish: Wish) -> tuple[Account, pd.DataFrame, dict[str, Unit]]:
    """The mark's customers as its analysis has them, those left out taken away; and its columns for reading."""
    with select(workspace, mark) as query:
        found = query.frame("SELECT * FROM selected ORDER BY customer_id")
        query.make("listed", "SELECT * FROM selected")
        units = customer_list.units_of(query)
        read: dict[str, Unit] = {name: units[name] for name in ("customer_id", *customer_list.own_columns(query))}
    if wish.purpose == "analysis":
        return Account(len(found)), found, read
    kept, account = people.kept_ids(workspace, mark, wish)
    return account, found[found["customer_id"].isin(list(kept))].reset_index(drop=True), read


def _printed(
    args: argparse.Namespace, mark: Mark, words: Words, labels: Mapping[str, str], wish: Wish, account: Account,
    found: pd.DataFrame, read: Mapping[str, Unit],
) -> str:  # fmt: skip
    """The list as CSV, as one JSON object, or for reading."""
    columns = [str(name) for name in found.columns]
    if args.csv:
        return csv_text(columns, found.itertuples(index=False))
    if args.json:
        audience = {language: sentence(mark, Words(language, labels=labels)) for language in LANGUAGES}
        form: dict[str, object] = {
            "count": len(found), "audience": {**audience, "link": mark.link()}, "columns": columns,
            "rows": [[as_json.plain(cell) for cell in row] for row in found.itertuples(index=False)],
        }  # fmt: skip
        return as_json.dumps(form if wish.purpose == "analysis" else {**form, "dropped": dict(account.dropped)})
    known = words.with_labels(labels)
    head = f"{sentence(mark, known)}: {words.count(len(found))} {words.t('common.customers')}"
    # A column of which nobody has anything says nothing.
    shown = [name for name in read if name == "customer_id" or found[name].notna().any()]
    rows = [
        ["–" if undefined(cell) else str(cell) if name == "customer_id" else known.value(cell, read[name])
         for name, cell in zip(shown, row, strict=True)]
        for row in found[shown].head(_TEXT_ROWS).itertuples(index=False, name=None)
    ]  # fmt: skip
    lines = [[column_name(known, mark.analysis, name) for name in shown], *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(shown))]
    aligned = ("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join([head, *aligned])


def _tell(tell: Say, words: Words, wish: Wish, account: Account) -> None:
    """Who was left out, where consents were asked about."""
    if wish.purpose == "analysis":
        return
    tell(people.account_words(words, account))
    if not account.asked:
        tell(words.t("people.no_consents"))
