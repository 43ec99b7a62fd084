"""`xacthuc up`: everything on one machine, for development and evaluation. Not how production is run (deploy/)."""
