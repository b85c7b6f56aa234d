"""CHAOS: abdominal CT and MR slices (DICOM) with masks of the liver (PNG), laid out as the challenge gives them.

Kavur et al. 2021, Medical Image Analysis 69, 101950. Beside each folder ``Ground`` lies ``DICOM_anon``; MR patients
have one for ``T1DUAL`` (slices in ``InPhase`` and ``OutPhase``) and one for ``T2SPIR``.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lensmith.errors import InputError
from lensmith.types import BoolArray, FloatArray

MR_LIVER = (55, 70)
"""Values of the liver in masks of MR, which hold four organs; masks of CT hold the liver alone."""


@dataclass(frozen=True)
class ChaosSlice:
    """A slice and its mask: paths, patient (the folder that holds both), and ``CT`` or ``MR``."""

    image: Path
    mask: Path
    patient: str
    modality: str


def find_chaos(folder: Path | str) -> list[ChaosSlice]:
    """Every slice below `folder` that has a mask, in the order of the masks' names.

    A slice belongs to the mask of the same name; where names differ, to the mask in the same place of as many
    (``IMG-0002-00001.dcm`` and ``liver_GT_000.png``); else to that of the same number (``i0008,0000b.dcm`` and
    ``liver_GT_008.png``).

    Raises
    ------
    InputError
        if there is none.
    """
    found = []
    for ground in sorted(Path(folder).rglob("Ground")):
        slices = sorted((ground.parent / "DICOM_anon").rglob("*.dcm"), key=_by_number)
        masks = sorted(ground.glob("*.png"), key=_by_number)
        for image, mask in _pairs(slices, masks):
            found.append(ChaosSlice(image, mask, str(ground.parent), _modality(image)))
    if not found:
        raise InputError(f"{folder} holds no CHAOS slices: folders DICOM_anon and Ground side by side are expected")
    return found


def read_dicom_slice(path: Path | str) -> tuple[FloatArray, tuple[float, float]]:
    """A slice, float32 ``[y, x]``, rescaled as its header says (CT: Hounsfield units), and mm a pixel along y and x.

    Raises
    ------
    InputError
        if it is no DICOM file with an image.
    """
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        slice_ = pydicom.dcmread(path)
        values = slice_.pixel_array.astype(np.float32)
    except (InvalidDicomError, OSError, AttributeError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path} is no sound DICOM slice ({' '.join(str(error).split())})") from None
    if values.ndim != 2:
        raise InputError(f"{path}: one slice in shades of grey is expected, not an array of shape {values.shape}")
    scaled = values * float(slice_.get("RescaleSlope", 1)) + float(slice_.get("RescaleIntercept", 0))
    spacing = slice_.get("PixelSpacing", (1.0, 1.0))
    return scaled.astype(np.float32), (float(spacing[0]), float(spacing[1]))


def read_liver_mask(path: Path | str, modality: str = "CT") -> BoolArray:
    """The liver, bool ``[y, x]``, of a mask's PNG: all that is not 0 in CT, the values 55 to 70 in MR.

    Raises
    ------
    InputError
        if it is no such picture.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            values = np.asarray(picture)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError(f"{path} is no sound PNG ({error})") from None
    if values.ndim != 2:
        raise InputError(f"{path}: a mask has one channel, this has shape {values.shape}")
    if modality == "MR":
        return (values >= MR_LIVER[0]) & (values <= MR_LIVER[1])
    return values != 0


def read_liver_volume(folder: Path | str, modality: str = "CT") -> BoolArray:
    """The masks of a folder as a volume, bool ``[slice, y, x]``, in the order of their numbers.

    Raises
    ------
    InputError
        if there are none, or they differ in size.
    """
    paths = sorted(Path(folder).glob("*.png"), key=_by_number)
    if not paths:
        raise InputError(f"{folder} holds no .png masks")
    slices = [read_liver_mask(path, modality) for path in paths]
    if len({one.shape for one in slices}) > 1:
        raise InputError(f"{folder}: the masks differ in size")
    return np.stack(slices)


def _pairs(slices: list[Path], masks: list[Path]) -> list[tuple[Path, Path]]:
    by_name = {path.stem: path for path in slices}
    if any(mask.stem in by_name for mask in masks):
        return [(by_name[mask.stem], mask) for mask in masks if mask.stem in by_name]
    if len(slices) == len(masks):
        return list(zip(slices, masks))
    by_number = {_number(path.stem): path for path in slices}
    return [(by_number[_number(mask.stem)], mask) for mask in masks if _number(mask.stem) in by_number]


def _by_number(path: Path) -> tuple[int, str]:
    return _number(path.stem), path.name


def _number(stem: str) -> int:
    """The number of a slice in its name: the last, or what is before the comma of ``i0008,0000b``; -1 without."""
    digits = re.findall(r"\d+", stem.partition(",")[0])
    return int(digits[-1]) if digits else -1


def _modality(image: Path) -> str:
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        return str(pydicom.dcmread(image, specific_tags=["Modality"], stop_before_pixels=True).get("Modality", "CT"))
    except (InvalidDicomError, OSError) as error:
        raise InputError(f"{image} is no sound DICOM slice ({' '.join(str(error).split())})") from None
