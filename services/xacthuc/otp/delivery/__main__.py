"""`python -m xacthuc.otp.delivery`."""

from xacthuc.otp.delivery.main import main

main()
