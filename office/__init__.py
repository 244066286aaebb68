"""The office app: areas, staff, notices, jobs and the audit trail that every other room stands on."""
