"""What messages say, in a platform's own words or the policy's: written, spoken, with the line that fills in the code.

Owns the platforms' text files, their checks, and the registration of their sender names. Sends nothing, and knows
neither numbers nor challenges.
"""

from xacthuc.otp.texts.autofill import Autofill
from xacthuc.otp.texts.texts import Occasion, Rendered, Texts

__all__ = ["Autofill", "Occasion", "Rendered", "Texts"]
