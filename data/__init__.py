"""The demo company: a seeded Swedish retailer with planted truths, and small example files of its exports."""
