"""Tables as people send them: CSV, JSON Lines and Parquet, in the encodings of Vietnam, row by row or in batches.

Owns reading them with the same memory for a thousand rows as for ten million, and what is typed into cells. Every row is
given, or rejected with its place and a reason; none stops the reading, and no reason repeats a cell.
"""

from xacthuc.tables.rows import Batch, Cell, Rejected, Row, Table, UnusableTableError, rows_of

__all__ = ["Batch", "Cell", "Rejected", "Row", "Table", "UnusableTableError", "rows_of"]
