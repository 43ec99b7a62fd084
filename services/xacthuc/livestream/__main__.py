"""`python -m xacthuc.livestream`."""

from xacthuc.launch import launch

launch("xacthuc.livestream.main")
