"""Ask R again: ``python tests/analysis/reference/ask_r.py [SHARED-DATA]`` rewrites ``reference.json``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

import reference_data  # noqa: E402  (a neighbour of this script)

STORED = HERE / "reference.json"


def ask(out: Path, shared: Path | None) -> None:
    """Run R on the data.

    Args:
        out: JSON file to write.
        shared: Folder of the real data; None for simulated data alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        reference_data.write(Path(folder))
        if shared is not None:
            reference_data.infants(shared).to_csv(Path(folder) / "infants.csv", index=False, float_format="%.17g")
        subprocess.run(["Rscript", str(HERE / "reference.R"), folder, str(out)], check=True, capture_output=True)


if __name__ == "__main__":
    ask(STORED, Path(sys.argv[1]) if len(sys.argv) > 1 else None)
