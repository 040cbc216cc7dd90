"""One file for each thing that happens: lock, decide, save, record, in one transaction."""
