"""The command line, one thin file for each group of verbs.

Verbs, options, exit codes and the keys of the JSON are contracts.
"""
