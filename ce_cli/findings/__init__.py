"""Issues of rows: what they are, where they are, and the message for each."""
