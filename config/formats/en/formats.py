"""Days as every other page writes them: 2026-11-29. Django's own short format for English is the American one."""

SHORT_DATE_FORMAT = "Y-m-d"
