"""The verbs for bookkeeping: journal, ledger, reports, reconciliation, stores."""
