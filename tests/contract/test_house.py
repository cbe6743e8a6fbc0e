"""The house rules: who may import whom, words in both languages, nothing left open, nothing too long."""

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from insight.i18n.catalog import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {".py", ".md", ".toml", ".txt", ".sql", ".sh", ".css", ".html", ".json", ".svg", ""}


MADE = {".git", ".venv", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis", "var", "screenshots"}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the product; what tools and the app leave behind is not ours."""
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in MADE:
                yield from _walk(path)
        elif path.name not in (".git", ".venv.lock"):
            yield path


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def trees() -> dict[str, ast.Module]:
    """Every Python file, parsed."""
    return {name(path): ast.parse(path.read_text(encoding="utf-8")) for path in tracked() if path.suffix == ".py"}


def product() -> dict[str, ast.Module]:
    """The Python files that users run: not the tests."""
    return {path: tree for path, tree in trees().items() if not path.startswith("tests/")}


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(folder: str, *forbidden: str) -> list[str]:
    """Files in `folder` that import one of the modules, as 'file: module'."""
    return [
        f"{path}: {module}"
        for path, tree in product().items()
        if path.startswith(folder)
        for module in imports(tree)
        if any(module == banned or module.startswith(f"{banned}.") for banned in forbidden)
    ]


# --- who may import whom ----------------------------------------------------------------------------------------------


def test_insight_runs_where_no_streamlit_is():
    script = (
        "import importlib, pkgutil, sys, insight\n"
        "for found in pkgutil.walk_packages(insight.__path__, 'insight.'):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
        "assert 'insight.cli' in sys.modules\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('streamlit', 'ui', 'pages')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_arrows_run_one_way():
    assert offenders("insight/", "streamlit", "ui", "pages") == []
    assert offenders("insight/stats/", "duckdb", "insight.workspace", "insight.analysis", "insight.ingest") == []
    assert offenders("insight/ingest/", "insight.analysis", "insight.charts", "insight.export") == []
    assert offenders("insight/analysis/", "plotly", "insight.charts", "insight.export", "pptx", "xlsxwriter") == []
    assert offenders("insight/charts/", "duckdb", "insight.workspace", "insight.export") == []


def test_plotly_is_drawn_in_one_place():
    drawing = {path for path, tree in product().items() if any(m.split(".")[0] == "plotly" for m in imports(tree))}
    assert all(path.startswith("insight/charts/") for path in drawing), drawing


def test_session_state_and_caches_have_one_owner_each():
    # ui/cache.py keeps answers, ui/intake.py what the reader proposes for a file that waits; each with its own key.
    owners = {"session_state": ("ui/state.py",), "cache_data": ("ui/cache.py", "ui/intake.py")}
    strays = [
        f"{path}:{node.lineno} {node.attr}"
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and path not in owners.get(node.attr, (path,))
    ]
    assert strays == []


def test_tables_are_created_in_the_workspace_only():
    # A sorted copy that takes the place of the table it copies defines nothing.
    statement = re.compile(r"\bcreate\s+(or\s+replace\s+)?table\s+(?!sorted_)", re.IGNORECASE)
    strays = [
        f"{path}:{node.lineno}"
        for path, tree in product().items()
        if not path.startswith(("insight/workspace/", "bench/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and statement.search(node.value)
    ]
    assert strays == []


def test_sql_is_static_text():
    """No f-string or concatenation becomes SQL but where tables are read and kept, composed from names of our own.

    What a header or a cell says never gets that far: the columns of a file are c0, c1 … there.
    """
    composers = (
        "insight/ingest/", "insight/workspace/", "insight/audience.py", "insight/customer_list.py",
        "insight/analysis/fields.py",
    )  # fmt: skip
    runners = {"execute", "executemany", "sql", "query", "frame", "one", "make", "arrow"}
    strays = [
        f"{path}:{node.lineno}"
        for path, tree in product().items()
        if path.startswith("insight/") and not path.startswith(composers)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in runners
        for argument in node.args
        if isinstance(argument, ast.JoinedStr | ast.BinOp)
    ]
    assert strays == []


def test_nothing_but_folders_lies_in_pages():
    """A page file directly in pages/ makes Streamlit show it by itself, without app.py, on a cold link."""
    assert [name(path) for path in (ROOT / "pages").glob("*") if path.is_file() and path.name != "__init__.py"] == []


# --- words ------------------------------------------------------------------------------------------------------------


def placeholders(text: str) -> set[str]:
    return {field.split(".")[0].split("[")[0] for _, field, _, _ in string.Formatter().parse(text) if field}


def test_both_catalogues_have_the_same_keys():
    swedish, english = (set(catalogue(language)) for language in LANGUAGES)
    assert sorted(swedish - english) == []
    assert sorted(english - swedish) == []


def test_both_catalogues_fill_in_the_same_values():
    swedish, english = (catalogue(language) for language in LANGUAGES)
    differing = [
        f"{key}: {sorted(placeholders(text))} / {sorted(placeholders(english[key]))}"
        for key, text in swedish.items()
        if key in english and placeholders(text) != placeholders(english[key])
    ]
    assert differing == []


def test_no_text_is_empty():
    assert [(language, key) for language in LANGUAGES for key, text in catalogue(language).items() if not text] == []


def test_each_key_stands_in_one_file_only():
    import tomllib

    for language in LANGUAGES:
        seen: dict[str, str] = {}
        for path in sorted((ROOT / "insight/i18n" / language).glob("*.toml")):
            for key in leaves(tomllib.loads(path.read_text(encoding="utf-8"))):
                assert key not in seen, f"{language}: {key} stands in {seen[key]} and {path.name}"
                seen[key] = path.name


def leaves(tree: dict[str, object], prefix: str = "") -> Iterator[str]:
    for part, value in tree.items():
        key = f"{prefix}{part}"
        if isinstance(value, dict):
            yield from leaves(value, f"{key}.")
        else:
            yield key


KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def used_keys() -> Iterator[tuple[str, str, bool]]:
    """Catalogue keys written out in calls of t(), Message(), Note() and our errors: (place, key, is only its start)."""
    for path, tree in product().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in ("t", "Message", "Note") and not called.endswith("Error"):
                continue
            first = node.args[0]
            options = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            for option in options:
                if isinstance(option, ast.Constant) and isinstance(option.value, str) and KEY.fullmatch(option.value):
                    yield f"{path}:{node.lineno}", option.value, False
                elif isinstance(option, ast.JoinedStr) and isinstance(option.values[0], ast.Constant):
                    start = str(option.values[0].value)
                    if re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z0-9_.]*", start):
                        yield f"{path}:{node.lineno}", start, True


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_that_is_used_exists(language):
    known = catalogue(language)
    missing = [
        f"{place} {key}"
        for place, key, start in used_keys()
        if (not any(each.startswith(key) for each in known) if start else key not in known)
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_a_name_in_the_menu(language):
    named = catalogue(language)
    pages = [path for path in trees() if path.startswith("pages/") and not path.endswith("__init__.py")]
    keys = [path.removesuffix(".py").replace("pages/", "page.", 1).replace("/", ".") for path in pages]
    assert [key for key in keys if key not in named] == []


# --- tidiness ---------------------------------------------------------------------------------------------------------


@cache
def lines() -> tuple[tuple[str, str], ...]:
    """Every line of text of the product, as (place, line)."""
    return tuple(
        (f"{name(path)}:{number}", line)
        for path in tracked()
        if path.suffix in TEXTS and path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
    )


def found(pattern: str) -> list[str]:
    expression = re.compile(pattern)
    return [f"{place} {line.strip()[:100]}" for place, line in lines() if expression.search(line)]


def test_no_path_of_one_machine():
    assert found(r"(?<![\w.])/(work|root|home|Users|tmp|farm)/[a-zA-Z.]|[A-Z]:\\\\Users") == []


def test_nothing_is_left_open():
    assert found(r"\b(TODO|FIXME|XXX|HACK)\b") == []


def test_no_registry_is_named():
    """Where packages come from is for the user's own pip to say."""
    assert found(r"pypi\.(org|python)|npmjs\.|deb\.debian|files\.pythonhosted") == []


def test_files_and_functions_stay_readable():
    long_files = [
        f"{name(path)}: {count} lines"
        for path in tracked()
        if path.suffix in (".py", ".sql") and not name(path).startswith("tests/")
        for count in [len(path.read_text(encoding="utf-8").splitlines())]
        if count > 500
    ]
    long_functions = [
        f"{path}:{node.lineno} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
        if node.end_lineno - node.lineno + 1 > 70
    ]
    assert long_files + long_functions == []


def test_no_error_is_caught_and_dropped():
    strays = [
        f"{path}:{node.lineno}"
        for path, tree in product().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
        and all(isinstance(part, ast.Pass | ast.Continue) for part in node.body)
    ]
    assert strays == []


def test_every_test_can_fail():
    checks = re.compile(r"assert|raises|expect\(|\bcheck(_\w+)?\(|verify|approx")
    idle = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        if path.startswith("tests/")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not checks.search(ast.unparse(node))
    ]
    assert idle == []


# --- requirements -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_is_pinned_and_says_why(file):
    for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r ")):
            assert re.fullmatch(r"[a-z0-9-]+==[0-9][\w.]*\s+# \S.{4,}", line), line


def test_what_is_imported_is_required_and_what_is_required_is_imported():
    import_names = {
        "scikit-learn": "sklearn", "python-calamine": "python_calamine", "python-stdnum": "stdnum",
        "python-pptx": "pptx",
    }  # fmt: skip
    listed = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    required = {import_names.get(package, package.replace("-", "_")) for package in listed}
    own = {"insight", "ui", "pages", "data", "bench", "run", "app"}
    imported = {
        module.split(".")[0]
        for path, tree in product().items()
        if not path.startswith("bench/")
        for module in imports(tree)
    } - own - set(sys.stdlib_module_names)  # fmt: skip
    assert imported - required == set(), "imported without being required"
    assert required - imported == set(), "required without being imported"
