"""Stories, cases, properties and guards that prove the office."""
