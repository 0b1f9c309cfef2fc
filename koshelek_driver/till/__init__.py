"""One till put together: from a site file to devices that sell."""
