"""Any segmentation crossed with any other, or with what is known of the customers."""

from ui import question, splits

question.ask(
    "segments.cross", hidden=("rows", "columns"), picker=splits.pickers,
    columns=("row", "column", "n_customers", "sales", "share_of_row", "index"),
)  # fmt: skip
