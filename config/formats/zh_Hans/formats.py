"""Numbers as Chinese companies write them: 1,234,567.00. Django's own format for zh-hans leaves the commas out."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
# As every other page writes a day.
SHORT_DATE_FORMAT = "Y-m-d"
