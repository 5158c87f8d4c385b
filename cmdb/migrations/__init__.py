"""Every layout the database has had, one module per version, and how to get from one to the next."""
