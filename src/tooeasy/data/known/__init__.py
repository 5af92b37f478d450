"""The datasets that are known by name: the catalog, what is bundled, what is on this machine, downloads."""
