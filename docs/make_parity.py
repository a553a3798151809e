"""Writes docs/parity.md: what of Keras is there. Run it whenever public names or signatures change.

python docs/make_parity.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.parity.page import PAGE, parity_page

if __name__ == "__main__":
    PAGE.write_text(parity_page(), encoding="utf-8")
    print(PAGE)
