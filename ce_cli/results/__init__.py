"""The results of the commands: frozen records, their JSON documents, and the schema of each."""
