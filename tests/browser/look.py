"""Pictures of every page, for people to look at.

    python -m tests.browser.look                      every page, sv and en, light and dark, both screen sizes
    python -m tests.browser.look --pages segment nps  only pages whose path holds one of the words
    python -m tests.browser.look --projector          presentation mode

They are written outside the repository (or to --out), named page-language-theme-size.png. Texts that are cut off and
requests that leave the machine are listed.
"""

import argparse
import tempfile
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from tests.browser import rig


def main() -> int:
    """Take the pictures; 1 when there is no Chromium or no menu."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="+", default=[], metavar="WORD", help="only pages whose path holds a word")
    parser.add_argument("--langs", nargs="+", default=["sv", "en"], choices=["sv", "en"])
    parser.add_argument("--themes", nargs="+", default=["light", "dark"], choices=["light", "dark"])
    parser.add_argument("--sizes", nargs="+", default=list(rig.SIZES), choices=list(rig.SIZES))
    parser.add_argument("--projector", action="store_true", help="presentation mode")
    parser.add_argument("--fold", action="store_true", help="only what the window shows, not the whole page")
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    wanted = parser.parse_args()
    out: Path = wanted.out or Path(tempfile.mkdtemp(prefix="kundkompass-look-"))
    out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as logs:
        executable = rig.find_chromium(playwright)
        if executable is None:
            print("no Chromium found")
            return 1
        browser = rig.launch(playwright, executable)
        log = Path(logs) / "log.txt"
        with rig.serving(log) as url:
            for lang, theme, size in product(wanted.langs, wanted.themes, wanted.sizes):
                with rig.context(browser, size, theme == "dark", lang) as context:
                    if not _walk(context.new_page(), url, f"{lang}-{theme}-{size}", lang, wanted, out):
                        print(f"no page in the menu; the server said:\n{log.read_text(errors='replace')[-2000:]}")
                        return 1
        browser.close()
    print(out)
    return 0


def _walk(page: rig.Page, url: str, name: str, lang: str, wanted: argparse.Namespace, out: Path) -> int:
    """Picture every wanted page of the menu; how many pages the menu has."""
    own = urlsplit(url).netloc
    page.on(
        "request",
        lambda request: (
            None
            if urlsplit(request.url).netloc in (own, "")
            else print(f"{name}: asked outside this machine: {request.url}")
        ),
    )
    rig.go(page, url, "/", lang)
    paths = rig.menu_paths(page)
    for path in paths:
        if wanted.pages and not any(word in path for word in wanted.pages):
            continue
        rig.go(page, url, path, lang, **({"visa": "1"} if wanted.projector else {}))
        cut_off = rig.clipped(page)
        file = rig.shot(page, out / f"{path.strip('/') or 'start'}-{name}.png", whole=not wanted.fold)
        print(file.name, *(f"[cut off: {text[:60]}]" for text in cut_off))
    return len(paths)


if __name__ == "__main__":
    raise SystemExit(main())
