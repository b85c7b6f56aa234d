"""Dark-matter haloes in weak-lensing skies: likelihood, aperture mass, mass map, detection."""
