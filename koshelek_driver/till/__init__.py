"""One till put together: a site file in, devices that sell out."""
