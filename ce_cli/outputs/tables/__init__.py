"""Tables for programs: one line a row, a group or a comparison."""
