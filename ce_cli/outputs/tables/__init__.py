"""Tables for programs: one line a row, a group or a comparison.

CSV and the files of ``--per-row`` are data: ids, classes and groups are written as they are, quoted
where CSV needs it, so that they join back on the rows that they come from. So a cell may begin with
``=``, ``+``, ``-`` or ``@``, which a spreadsheet takes for a formula. The apostrophe that is often
advised would change ids (``-1`` as well as ``=x``), so that they join with nothing, and only some
spreadsheets take it for a mark. Import such a file with its columns as text, or choose Parquet,
JSON or Markdown.
"""
