"""`python -m xacthuc.guardian`."""

from xacthuc.launch import launch

launch("xacthuc.guardian.main")
