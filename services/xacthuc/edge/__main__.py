"""`python -m xacthuc.edge`."""

from xacthuc.launch import launch

launch("xacthuc.edge.main")
