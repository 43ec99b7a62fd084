"""`python -m xacthuc.backfill`."""

from xacthuc.launch import launch

launch("xacthuc.backfill.main")
