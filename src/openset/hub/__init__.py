"""The office: what a hub shares, kept as a signed journal and shown as pages."""
