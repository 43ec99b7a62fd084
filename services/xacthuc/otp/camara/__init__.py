"""CAMARA one-time-password-sms 1.1 in front of OtpService, for clients that know that API and no other (docs/json-edge.md)."""
