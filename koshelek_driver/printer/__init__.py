"""Receipt printers: lines to paper, and a report of how certain the paper is."""
