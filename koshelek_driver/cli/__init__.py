"""The command line: thin. Verbs, options and the keys of the JSON are contracts."""
