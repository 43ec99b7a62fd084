"""`python -m xacthuc.otp.camara`."""

from xacthuc.launch import launch

launch("xacthuc.otp.camara.main")
