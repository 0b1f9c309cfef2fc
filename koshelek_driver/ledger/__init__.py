"""The shop's ledger: what all tills of a shop did with money, in a PostgreSQL of the shop. An extra, `store`.

Each till feeds it from its journal, whenever it can be reached; no charge ever waits for it. Refunds ask it: it knows
what other tills gave back, and is the lock that they share. A till's own journal stays the truth about the till.
"""
