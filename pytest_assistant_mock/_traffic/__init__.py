"""What was asked and answered, for people: filters, assertions, a report. Knows pytest as little as HTTP libraries."""
