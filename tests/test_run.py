"""The start script: what it decides without a network, and that it makes and mends an environment."""

import ast
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the script beside requirements that need no network: none."""
    shutil.copy(ROOT / "run.py", tmp_path)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "app.py").write_text("")
    return tmp_path


def prepare(house: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Make the environment in `house` as a start does, without uv, so that every machine takes the same way."""
    script = "import run\nwith run.locked(): print(run.environment('requirements.txt'))"
    path = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if not shutil.which("uv", path=p))
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=house, env={**os.environ, "PATH": path, **env}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_an_old_python_can_read_the_script_and_is_told_what_is_needed(monkeypatch, capsys):
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert run.main([]) == 1
    said = capsys.readouterr().err
    assert "behöver Python 3.11" in said
    assert "needs Python 3.11" in said
    assert "3.9" in said


def test_help_names_the_three_commands(capsys):
    assert run.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(command in said for command in ("python run.py ", "python run.py test", "python run.py bench"))


def test_options_are_read_as_streamlit_reads_them(monkeypatch):
    assert run.option("server.port", ["--server.port", "9000"]) == "9000"
    assert run.option("server.port", ["--server.headless", "true", "--server.port=9001"]) == "9001"
    assert run.option("server.address", ["--server.port", "9000"]) is None
    monkeypatch.setenv("STREAMLIT_SERVER_PORT", "9002")
    assert run.option("server.port", []) == "9002"
    assert run.wanted_port(["--server.port", "9003"]) == 9003


def test_a_taken_port_is_passed_over(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        monkeypatch.setattr(run, "FIRST_PORT", taken)
        assert not run.is_free(taken)
        assert run.free_port() > taken
    assert run.is_free(taken)


def test_a_taken_port_that_was_asked_for_ends_the_start_before_an_address_is_told(monkeypatch, capsys):
    monkeypatch.setattr(run, "environment", lambda requirements: Path(sys.executable))
    monkeypatch.setattr(run.subprocess, "Popen", lambda *args, **kept: pytest.fail("the server was started"))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert run.main(["--server.port", str(taken)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"Port {taken} är upptagen eller spärrad: stäng det som använder den, eller välj en annan med --server.port.\n"
        f"Port {taken} is taken or barred: close what uses it, or choose another with --server.port.\n"
    )


def test_included_requirements_count_too():
    assert run.with_included("requirements-dev.txt") == ["requirements-dev.txt", "requirements.txt"]


def test_environment_is_made_once_and_mended_after_a_cut(house):
    first = prepare(house)
    assert first.returncode == 0, first.stderr
    assert "Första gången tar det 1–2 minuter" in first.stderr
    stamp = json.loads((house / ".venv/installed.json").read_text())
    assert stamp["python"] == list(sys.version_info[:2])

    second = prepare(house)
    assert second.stderr == "", "nothing to do, nothing said"
    assert second.stdout == first.stdout

    # Killed in the middle: the mark of an unfinished install is still there, and a file of it is broken.
    (house / ".venv/unfinished").touch()
    (house / ".venv/pyvenv.cfg").write_text("broken")
    third = prepare(house)
    assert third.returncode == 0, third.stderr
    assert "home = " in (house / ".venv/pyvenv.cfg").read_text()
    assert not (house / ".venv/unfinished").exists()


def test_changed_requirements_are_installed_and_a_failure_leaves_the_old_environment(house):
    assert prepare(house).returncode == 0
    (house / "requirements.txt").write_text("no-such-package @ file:///nowhere/no_such_package-1.0-py3-none-any.whl\n")
    failed = prepare(house)
    assert failed.returncode != 0
    assert "Installationen gick inte igenom" in failed.stderr
    assert "no_such_package" in failed.stderr, "the end of what pip said is shown"
    assert not (house / ".venv/unfinished").exists()
    (house / "requirements.txt").write_text("# nothing\n")
    again = prepare(house)
    assert again.returncode == 0
    assert again.stderr == "", "what was there before still stands"


def test_without_pip_and_ensurepip_it_says_what_to_install(house):
    script = (
        "import run\n"
        "run.has_module = lambda python, name: False\n"
        "run.shutil.which = lambda name: None\n"
        "import sys; sys.exit(run.main([]))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=house, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (house / ".venv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="asks the lock with fcntl")
def test_two_starts_at_once_take_turns(house):
    script = "import run\nwith run.locked(): print('mine', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", script], cwd=house, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "mine\n"
    other = subprocess.Popen(
        [sys.executable, "-c", script], cwd=house, stderr=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert other.stderr is not None
    assert "Väntar på en annan start" in other.stderr.readline()
    assert other.poll() is None
    holder.communicate("\n")
    other.communicate("\n", timeout=30)
    assert other.returncode == 0
