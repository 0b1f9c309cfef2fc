"""The ledger of a shop: payments and refunds of all its tills, in a PostgreSQL.

It needs the extra `store`. Each till feeds it from its journal whenever it can be reached; no charge ever waits for it.
Refunds query it: it knows the refunds of other tills, and is the lock that all tills share. A till's own journal stays
authoritative for the till.
"""
