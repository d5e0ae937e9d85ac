"""Tables in databases and workbooks."""
