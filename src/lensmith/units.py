"""Unit conversions, each stated once."""

import math

ARCSEC_PER_RADIAN = 180.0 * 3600.0 / math.pi
SECONDS_PER_DAY = 86400.0
FWHM_PER_SIGMA = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gaussian over its standard deviation."""
