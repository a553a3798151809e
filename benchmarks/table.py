"""python -m benchmarks.table: puts the ratios of a report into README.md, between its two marks."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.__main__ import table

ROOT = Path(__file__).parents[1]


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "benchmarks" / "results" / "latest.json"
    readme = ROOT / "README.md"
    text = readme.read_text()
    start, end = text.index("<!-- table -->") + len("<!-- table -->"), text.index("<!-- end -->")
    readme.write_text(text[:start] + "\n" + table(json.loads(source.read_text())) + "\n" + text[end:])


if __name__ == "__main__":
    main()
