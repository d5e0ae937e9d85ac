"""Files on servers: in object storage and on the web, read by ranges of their bytes."""
