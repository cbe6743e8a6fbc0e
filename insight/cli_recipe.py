"""`python -m insight recipe`: what was decided in a workspace, printed, or taken from a file."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from insight import recipe, recipe_words
from insight.errors import UsageError
from insight.i18n.catalog import Words
from insight.workspace import audit, manifest

Say = Callable[[str], None]


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """The subcommand and what it takes."""
    parser = commands.add_parser(
        "recipe", parents=[common], help="how files are read, settings, words, saved selections and story, as a recipe"
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--apply", type=Path, metavar="FILE", help="take a recipe that was saved from Kundkompass")


def run(args: argparse.Namespace, words: Words, say: Say) -> int:
    """Print the recipe: with `--json` as the file that can be applied elsewhere, else in words. Returns the exit code.

    With `--apply` the file's recipe becomes part of the workspace's own first; one that cannot be read changes nothing.
    """
    manifest.read(args.workspace)
    known = recipe.read(args.workspace)
    if args.apply is not None:
        if not args.apply.is_file():
            raise UsageError("cli.no_such_file", name=args.apply.name)
        taken = recipe.from_text(args.apply.read_text(encoding="utf-8", errors="replace"))
        audit.ready(args.workspace)
        known = known.taking(taken)
        recipe.write(args.workspace, known)
        audit.append(args.workspace, "recipe_applied", taken.counts())
    if args.json:
        say(recipe.to_text(known.for_others()))
        return 0
    parts = recipe_words.lines(known, words)
    if not parts:
        say(words.t("recipe.empty"))
    for part, told in parts.items():
        say(words.t(f"recipe.part_{part}"))
        for line in told:
            say(f"  {line}")
    return 0
