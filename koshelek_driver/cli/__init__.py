"""The command line, one thin file a group of verbs. Verbs, options and keys of the JSON are contracts."""
