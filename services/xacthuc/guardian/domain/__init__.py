"""The rules of the service: values in, values out. Time, policy and what is stored are arguments."""
