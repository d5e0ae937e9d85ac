"""What each command returns: frozen values, their JSON documents, and the schema beside each."""
