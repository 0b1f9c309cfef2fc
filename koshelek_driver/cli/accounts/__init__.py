"""Verbs that count: journal, ledger, reports, reconciliation, stores."""
