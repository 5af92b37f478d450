"""One file a format: from what lies on a disk, in an archive or behind a URL to raw splits."""
