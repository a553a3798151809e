"""Runs the pages, writes the pictures they draw into docs/pictures and the outputs they show into the pages.

python docs/make_pictures.py [part of a page's path ...]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# Pictures that did not change stay the same bytes.
os.environ.setdefault("SOURCE_DATE_EPOCH", "0")

from tests.lessons import pages  # noqa: E402


def main(wanted: list[str]) -> None:
    from yeoul import utils

    pages.PICTURES.mkdir(exist_ok=True)
    for path in pages.pages_with_code():
        if wanted and not any(part in str(path) for part in wanted):
            continue
        utils.clear_session()
        utils.set_random_seed(1)
        printed = pages.run_page(path, pages.PICTURES)
        for page in (path, pages.DOCS / "lessons" / "ko" / path.name):
            if page.exists() and (page is path or path.parent.name == "en"):
                page.write_text(pages.with_outputs(page.read_text(encoding="utf-8"), printed), encoding="utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main(sys.argv[1:])
