"""The rules of the backfill: values in, values out. Time, policy and what was read are arguments."""
