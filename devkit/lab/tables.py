"""A lab as pandas tables: where every analysis begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from devkit.lab.store import Lab

Which = Literal["trials", "events", "gaze", "sessions", "participants"]


def table(lab: Lab, which: Which = "trials") -> pd.DataFrame:
    """Return one table of a lab.

    Args:
        lab: The lab; its index and Parquet files are brought up to date.
        which: ``trials`` (one row a trial), ``events``, ``gaze`` (one row a sample), ``sessions`` or ``participants``.

    Returns:
        The columns of the declaration. Lists of plain values are arrays, deeper values JSON text. Whole numbers and
        truth values that may be missing have pandas' nullable types ``Int64`` and ``boolean``, other numbers are
        floats with NaN; missing text is NaN.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    if which == "participants":
        rows = [p.model_dump(mode="json") for p in lab.participants.all()]
        names = ["code", "kind", "sex", "languages", "gestational_weeks", "source", "added_at"]
        return pd.DataFrame(rows, columns=names).astype({"gestational_weeks": "Int64"})
    read = pq.read_table(lab.parquet() / f"{which}.parquet")
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    frame: pd.DataFrame = read.to_pandas(types_mapper=nullable.get)
    plain = {"Int64": "int64", "boolean": "bool"}
    required = [field.name for field in read.schema if not field.nullable]
    return frame.astype({n: plain[str(frame[n].dtype)] for n in required if str(frame[n].dtype) in plain})
