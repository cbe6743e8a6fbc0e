"""What can be measured: `python run.py bench` lists it, `python run.py bench NAME …` runs it, arguments passed on.

Nothing here is a test: figures depend on the machine, so they are given as ratios or with their noise, and are read by
people.
"""

import ast
import runpy
import sys
from pathlib import Path


def main() -> int:
    """List the measurements, or run the one named first."""
    benches = {path.stem: path for path in sorted(Path(__file__).parent.glob("[a-z]*.py"))}
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        for name, path in benches.items():
            says = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            print(f"python run.py bench {name:<14} {says.splitlines()[0] if says else ''}")
        return 0
    name = sys.argv.pop(1)
    if name not in benches:
        print(f"{name}: {', '.join(benches)}", file=sys.stderr)
        return 2
    sys.argv[0] = f"bench.{name}"
    runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
