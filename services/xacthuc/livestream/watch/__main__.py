"""`python -m xacthuc.livestream.watch`."""

from xacthuc.launch import launch

launch("xacthuc.livestream.watch.main")
