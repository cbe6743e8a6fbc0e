"""Start Kundkompass with nothing but Python 3.11 or later.

    python run.py                start the app; what follows is passed on to Streamlit (--server.port 9000)
    python run.py test           every check and every test; with pytest arguments: only those tests
    python run.py bench          the measurements in bench/

The first start makes an environment of its own in .venv and installs requirements.txt there, with uv when it is found,
otherwise with pip. A stamp remembers what was installed, so that later starts go straight to the app. Only the standard
library is used here, in a syntax that old Pythons can read, so that they get a sentence instead of a traceback.
"""

import contextlib
import hashlib
import importlib.util
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / ".venv.lock"
# Stands in .venv from the first change to the last: found at a start, the install before was cut off.
UNFINISHED = VENV / "unfinished"
STAMP = VENV / "installed.json"
OLDEST: "tuple[int, int]" = (3, 11)
FIRST_PORT = 8501
LOOPBACK = ("localhost", "127.0.0.1", "::1")

NO_INSTALLER = """\
Den här Python-installationen saknar pip och ensurepip, så miljön kan inte göras. Gör ett av det här och försök igen:
This Python has neither pip nor ensurepip, so the environment cannot be made. Do one of these and try again:
    Debian, Ubuntu:     sudo apt install python3-venv
    Fedora:             sudo dnf install python3-pip
    annars, otherwise:  https://docs.astral.sh/uv/getting-started/installation/"""


class StartError(Exception):
    """Something the person at the keyboard can mend; the text says how, in Swedish and English."""


def main(args: "list[str]") -> int:
    """Run the command that `args` name and return its exit code."""
    if args and args[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    try:
        if sys.version_info[:2] < OLDEST:
            oldest, this = ("{}.{}".format(*version) for version in (OLDEST, sys.version_info))
            raise StartError(
                f"Kundkompass behöver Python {oldest} eller nyare. Det här är {this} ({sys.executable}).\n"
                f"Kundkompass needs Python {oldest} or later. This is {this} ({sys.executable}).\n"
                "https://www.python.org/downloads/"
            )
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        if args and args[0] == "test":
            return test(args[1:])
        if args and args[0] == "bench":
            return bench(args[1:])
        return start(args)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


# --- commands ---------------------------------------------------------------------------------------------------------


def start(args: "list[str]") -> int:
    """Serve the app on this computer only, on the first free port, and say where."""
    with locked():
        python = environment("requirements.txt")
        port = wanted_port(args)
        if port is None:
            port = free_port()
            args = ["--server.port", str(port), *args]
            if port != FIRST_PORT:
                say(
                    f"Port {FIRST_PORT} är upptagen, så appen startar på {port}.",
                    f"Port {FIRST_PORT} is taken, so the app starts on {port}.",
                )
        elif not is_free(port):
            # Whoever holds the port answers where the app would, so its address must not be told.
            raise StartError(
                f"Port {port} är upptagen eller spärrad: stäng det som använder den, "
                "eller välj en annan med --server.port.\n"
                f"Port {port} is taken or barred: close what uses it, or choose another with --server.port."
            )
        address = option("server.address", args)
        if address is None:
            address = "localhost"
            args = ["--server.address", address, *args]
        elif address not in LOOPBACK:
            # Who starts a server for several is not who takes a list out: its log says nobody unless it is told whom.
            os.environ.setdefault("KUNDKOMPASS_USER", "")
            say(
                f"Appen har ingen inloggning: alla som når {address} kan se det som laddas in.",
                f"The app has no login: whoever reaches {address} can see what is loaded.",
            )
        server = subprocess.Popen([str(python), "-m", "streamlit", "run", str(ROOT / "app.py"), *args], cwd=str(ROOT))
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())
        # The lock is held until the port is taken, so that a start at the same moment finds another one.
        try:
            announce(server, address, port)
        except KeyboardInterrupt:
            server.terminate()
    try:
        code = server.wait()
    except KeyboardInterrupt:
        # It may have heard of it from the terminal already; being asked twice does it no harm.
        server.terminate()
        code = server.wait()
    # Stopped as it was asked to be.
    return 0 if code in (-signal.SIGINT, -signal.SIGTERM) else code


def test(args: "list[str]") -> int:
    """All checks, then all tests; with arguments only pytest with them. The last lines are pytest's."""
    with locked():
        python = str(environment("requirements-dev.txt"))
    if args:
        return run([python, "-m", "pytest", *args])
    checks = (
        ("ruff check", [python, "-m", "ruff", "check", "--output-format", "concise", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "--output-format", "concise", "."]),
        ("basedpyright", [python, "-m", "basedpyright", "--level", "error"]),
    )
    failed = []
    for name, command in checks:
        print("--- " + name, flush=True)
        if run(command) != 0:
            failed.append(name)
    print("--- pytest", flush=True)
    # Browser tests share one server and stay with one worker (`tests/conftest.py`).
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    code = run([python, "-m", "pytest", "-n", workers])
    if failed:
        say("Underkänt, se ovan: " + ", ".join(failed), "Failed, see above: " + ", ".join(failed))
    return code or (1 if failed else 0)


def bench(args: "list[str]") -> int:
    """The measurements; what they can be told is said by `python run.py bench --help`."""
    with locked():
        python = environment("requirements-dev.txt")
    return run([str(python), "-m", "bench", *args])


# --- environment ------------------------------------------------------------------------------------------------------


def environment(requirements: str) -> Path:
    """Path of the environment's Python, with `requirements` installed; made or mended first where needed."""
    python = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    wanted = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in with_included(requirements)}
    version = python_version(python)
    stamp = read_stamp()
    whole = not UNFINISHED.exists() and version >= OLDEST and stamp.get("python", list(version)) == list(version)
    if whole and all(stamp.get(name) == digest for name, digest in wanted.items()):
        return python
    say(
        "Gör i ordning miljön i .venv. Första gången tar det 1–2 minuter.",
        "Preparing the environment in .venv. The first time takes 1–2 minutes.",
    )
    began = time.monotonic()
    uv = shutil.which("uv")
    if not whole:
        make_venv(python, uv)
    UNFINISHED.touch()
    try:
        install(python, requirements, uv)
    except StartError:
        if whole:
            # What was there before still runs; only a cut-off install makes it suspect.
            UNFINISHED.unlink()
        raise
    kept = stamp if whole else {}
    STAMP.write_text(json.dumps({**kept, **wanted, "python": list(python_version(python))}), encoding="utf-8")
    UNFINISHED.unlink()
    seconds = round(time.monotonic() - began)
    say(f"Klart på {seconds} s.", f"Done in {seconds} s.")
    return python


def with_included(requirements: str) -> "list[str]":
    """The requirements file and those it includes."""
    names = [requirements]
    for line in (ROOT / requirements).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            names += with_included(line[3:].strip())
    return names


def read_stamp() -> "dict[str, object]":
    """What was installed last: a hash for each requirements file, and the Python it was installed for."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def python_version(python: Path) -> "tuple[int, int]":
    """Version of an environment's Python, (0, 0) when it does not run: its base may have been upgraded or removed."""
    command = [str(python), "-I", "-S", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        words = subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=True).stdout.split()
        return int(words[0]), int(words[1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0, 0


def make_venv(python: Path, uv: "str | None") -> None:
    """An empty environment with this Python; it needs no right to change the system's own packages."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        remove(VENV)
    VENV.mkdir()
    UNFINISHED.touch()
    # Run by .venv's own Python, which was just removed, the one it was made from goes on.
    outside = getattr(sys, "_base_executable", sys.executable)
    if uv:
        command = [uv, "venv", "--quiet", "--allow-existing", "--python", outside, str(VENV)]
    elif importlib.util.find_spec("venv") and has_module(outside, "ensurepip"):
        command = [outside, "-m", "venv", str(VENV)]
    elif importlib.util.find_spec("venv") and has_module(outside, "pip"):
        # Debian without python3-venv: the pip outside installs into the environment.
        command = [outside, "-m", "venv", "--without-pip", str(VENV)]
    else:
        remove(VENV)
        raise StartError(NO_INSTALLER)
    logged(command)
    if python_version(python) < OLDEST:
        raise StartError(
            f"Miljön kunde inte göras: {python} går inte att köra.\n"
            f"The environment could not be made: {python} does not run."
        )


def has_module(python: str, name: str) -> bool:
    """Whether `python` can run `-m name`: some systems ship an ensurepip that only says that it is missing."""
    return subprocess.call([python, "-m", name, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def install(python: Path, requirements: str, uv: "str | None") -> None:
    """Install the pinned packages into .venv."""
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(python), "-r", requirements]
    elif has_module(str(python), "pip"):
        command = [str(python), "-m", "pip", "install", "-r", requirements]
    else:
        outside = getattr(sys, "_base_executable", sys.executable)
        command = [outside, "-m", "pip", "--python", str(python), "install", "-r", requirements]
    logged(command)


def logged(command: "list[str]") -> None:
    """Run an installing command quietly; on failure show the end of what it said."""
    log = VENV / "install.log"
    # Settings that send packages elsewhere than the environment would break it.
    env = {name: value for name, value in os.environ.items() if name not in ("PIP_TARGET", "PIP_PREFIX", "VIRTUAL_ENV")}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_USER="0", PIP_NO_INPUT="1")
    with log.open("ab") as out:
        code = subprocess.call(command, cwd=str(ROOT), stdout=out, stderr=subprocess.STDOUT, env=env)
    if code:
        end = "\n".join(log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:])
        raise StartError(
            "Installationen gick inte igenom. Är datorn ansluten till internet? Kör kommandot igen när det är ordnat.\n"
            "The installation did not go through. Is the computer online? Run the command again when it is.\n\n" + end
        )


def remove(folder: Path) -> None:
    """Take away a broken environment; on Windows a running app holds its files."""
    try:
        shutil.rmtree(str(folder))
    except OSError as error:
        raise StartError(
            f"{folder.name} kan inte göras om: {error.strerror}. Stäng appen om den är igång.\n"
            f"{folder.name} cannot be made anew: {error.strerror}. Close the app if it is running."
        ) from error


@contextlib.contextmanager
def locked() -> "Generator[None]":
    """Hold the environment for this process; two starts at once would otherwise install into each other."""
    with LOCK.open("a") as lock:
        if not try_lock(lock):
            say("Väntar på en annan start …", "Waiting for another start …")
            while not try_lock(lock):
                time.sleep(0.2)
        yield


def try_lock(lock: "IO[str]") -> bool:
    """Take the lock if nobody has it; the system gives it back when the file is closed or the process dies."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# --- server -----------------------------------------------------------------------------------------------------------


def option(name: str, args: "list[str]") -> "str | None":
    """A Streamlit option given on the command line or in the environment, or None."""
    flag = "--" + name
    for place, word in enumerate(args):
        if word == flag and place + 1 < len(args):
            return args[place + 1]
        if word.startswith(flag + "="):
            return word[len(flag) + 1 :]
    return os.environ.get("STREAMLIT_" + name.replace(".", "_").upper())


def wanted_port(args: "list[str]") -> "int | None":
    """The port that was asked for, if any."""
    port = option("server.port", args)
    return int(port) if port and port.isdigit() else None


def free_port() -> int:
    """8501, or the next port that nobody on this computer listens to."""
    for port in range(FIRST_PORT, FIRST_PORT + 100):
        if is_free(port):
            return port
    raise StartError(
        f"Ingen port från {FIRST_PORT} till {FIRST_PORT + 99} är ledig.\n"
        f"No port from {FIRST_PORT} to {FIRST_PORT + 99} is free."
    )


def is_free(port: int) -> bool:
    """Whether a server could take `port`; both ways of asking, since systems differ in what a bind tells."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
        asking.settimeout(0.5)
        if asking.connect_ex(("127.0.0.1", port)) == 0:
            return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taking:
        if sys.platform != "win32":
            taking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taking.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def announce(server: "subprocess.Popen[bytes]", address: str, port: int) -> None:
    """Say the address once the server answers; give up quietly when it ends first (it has said why)."""
    host = "localhost" if address in (*LOOPBACK, "0.0.0.0", "::") else address
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{host}:{port}/_stcore/health", timeout=1).close()
        except urllib.error.HTTPError:
            break
        except OSError:
            time.sleep(0.05)
        else:
            break
    else:
        return
    print(f"\n  Kundkompass: http://{host}:{port}\n  Avsluta med Ctrl+C. Stop with Ctrl+C.\n", flush=True)


def run(command: "list[str]") -> int:
    """Run a command in the project folder and return its exit code."""
    return subprocess.call(command, cwd=str(ROOT))


def say(swedish: str, english: str) -> None:
    """One sentence in both languages: the app's own language choice is not there yet."""
    print(swedish, english, sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
