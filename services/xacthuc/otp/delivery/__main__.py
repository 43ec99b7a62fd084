"""`python -m xacthuc.otp.delivery`."""

from xacthuc.launch import launch

launch("xacthuc.otp.delivery.main")
