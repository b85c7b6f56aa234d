"""Rows of a catalogue as a run may write them."""

NASTY = "<script>alert(\"x\")</script> & 'q' #1?%41"
"""An id as a file may be called."""


def fitted(name: str, theta_E: float, verdict: str = "accept", **more) -> dict:
    row = {"id": name, "verdict": verdict, "bands": "F814W,F606W", "seconds": 5.0, "gamma": 2.0}
    return row | {"theta_E": theta_E, "theta_E_lo": theta_E - 0.02, "theta_E_hi": theta_E + 0.02} | more
