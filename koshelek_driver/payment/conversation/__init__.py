"""One conversation with the host about one payment: pure generators, and the runner that performs their effects."""
