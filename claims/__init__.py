"""The claims app: institutions, filings, claims, adjudication and review."""
