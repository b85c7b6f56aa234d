"""Every error that lensmith raises on purpose.

LensmithError
├── InputError        the data given cannot be used (unreadable file, wrong shape, nothing but NaN)
│   └── MissingError  something needed is absent and has an option that supplies it (pixel scale, PSF)
├── SettingsError     an option or setting is wrong (unknown name, value out of range)
├── FitError          the data are sound but no model could be fitted to them
└── OutputError       results cannot be written (full disk, folder not writable)

Messages are one sentence that says what is wrong, where, and what to do.
"""


class LensmithError(Exception):
    """Base of all errors that lensmith raises on purpose."""


class InputError(LensmithError):
    """The data given cannot be used."""


class MissingError(InputError):
    """Something needed is absent from the data; the message names the option that supplies it."""


class SettingsError(LensmithError):
    """An option or a setting is wrong."""


class FitError(LensmithError):
    """The data are sound but no model could be fitted to them."""


class OutputError(LensmithError):
    """Results cannot be written."""
