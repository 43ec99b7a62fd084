"""`python -m xacthuc.identity`."""

from xacthuc.launch import launch

launch("xacthuc.identity.main")
