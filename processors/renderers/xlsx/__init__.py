"""Excel workbooks: openpyxl makes all but the rows, and our own rows are spliced in."""
