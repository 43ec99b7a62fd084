"""The law and the default numbers, as dated data with citations, and the typed reader of it.

Owns the words decisions are made of (actions, requirements, reasons, next steps), legal time, and what a message may
say. Decides nothing about an account: the services do, and name the rule they used.
"""

from xacthuc.policy.dates import VIETNAM_TIME, age_on, deadline, end_of_day, local_date
from xacthuc.policy.messages import gsm7_length, message_fault, sender_name_fault
from xacthuc.policy.policy import Policy
from xacthuc.policy.sections import Message, Ministry, ReasonText, Rule, Text
from xacthuc.policy.sending import Otp
from xacthuc.policy.vocabulary import (
    Action,
    DeclarationKind,
    DeliveryChannel,
    FindingAction,
    NextStep,
    Purpose,
    Reason,
    Requirement,
    Ruling,
    VerificationPath,
)

__all__ = [
    "VIETNAM_TIME",
    "Action",
    "DeclarationKind",
    "DeliveryChannel",
    "FindingAction",
    "Message",
    "Ministry",
    "NextStep",
    "Otp",
    "Policy",
    "Purpose",
    "Reason",
    "ReasonText",
    "Requirement",
    "Rule",
    "Ruling",
    "Text",
    "VerificationPath",
    "age_on",
    "deadline",
    "end_of_day",
    "gsm7_length",
    "local_date",
    "message_fault",
    "sender_name_fault",
]
