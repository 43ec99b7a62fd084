"""`python -m xacthuc.otp`."""

from xacthuc.launch import launch

launch("xacthuc.otp.main")
