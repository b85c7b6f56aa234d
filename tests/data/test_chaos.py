import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from lensmith.data.chaos import find_chaos, read_dicom_slice, read_liver_mask, read_liver_volume
from lensmith.errors import InputError


def write_dicom(path, values, modality="CT", intercept=-1000):
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_ = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    slice_.SOPClassUID, slice_.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    slice_.Modality, slice_.PixelSpacing = modality, [0.7, 0.8]
    slice_.Rows, slice_.Columns = values.shape
    slice_.SamplesPerPixel, slice_.PhotometricInterpretation = 1, "MONOCHROME2"
    slice_.BitsAllocated, slice_.BitsStored, slice_.HighBit, slice_.PixelRepresentation = 16, 16, 15, 0
    slice_.RescaleSlope, slice_.RescaleIntercept = 2, intercept
    slice_.PixelData = values.astype(np.uint16).tobytes()
    pydicom.dcmwrite(path, slice_)


def write_mask(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint8)).save(path)


def test_a_slice_is_in_hounsfield_units(tmp_path):
    write_dicom(tmp_path / "a.dcm", np.arange(12).reshape(3, 4))
    image, spacing = read_dicom_slice(tmp_path / "a.dcm")
    assert np.array_equal(image, 2 * np.arange(12).reshape(3, 4) - 1000)
    assert image.dtype == np.float32
    assert spacing == (0.7, 0.8)


def test_the_liver_alone_is_taken_from_masks_of_four_organs(tmp_path):
    values = np.array([[0, 63, 126], [55, 189, 252]])
    write_mask(tmp_path / "m.png", values)
    assert np.array_equal(read_liver_mask(tmp_path / "m.png", "MR"), [[False, True, False], [True, False, False]])
    assert np.array_equal(read_liver_mask(tmp_path / "m.png", "CT"), values != 0)


@pytest.mark.parametrize(
    ("slices", "masks", "pairs"),
    [
        # Same name, and slices of two phases of which one has masks.
        (("InPhase/IMG-4-2", "OutPhase/IMG-4-1"), ("IMG-4-2",), [("IMG-4-2", "IMG-4-2")]),
        # As many, numbered from 1 and from 0, more than nine.
        (
            tuple(f"IMG-2-{k + 1}" for k in range(11)),
            tuple(f"liver_GT_{k}" for k in range(11)),
            [(f"IMG-2-{k + 1}", f"liver_GT_{k}") for k in range(11)],
        ),
        # Some of the slices.
        (
            ("i0000,0000b", "i0008,0000b"),
            tuple(f"liver_GT_{k:03d}" for k in range(10)),
            [("i0000,0000b", "liver_GT_000"), ("i0008,0000b", "liver_GT_008")],
        ),
    ],
)
def test_slices_find_their_masks(tmp_path, slices, masks, pairs):
    for name in slices:
        write_dicom(tmp_path / "7" / "DICOM_anon" / f"{name}.dcm", np.ones((2, 2)), "MR")
    for name in masks:
        write_mask(tmp_path / "7" / "Ground" / f"{name}.png", np.full((2, 2), 63))
    found = [(one.image.stem, one.mask.stem) for one in find_chaos(tmp_path)]
    assert found == pairs
    assert {one.modality for one in find_chaos(tmp_path)} == {"MR"}


def test_what_is_not_chaos_is_said(tmp_path):
    with pytest.raises(InputError, match="DICOM_anon and Ground"):
        find_chaos(tmp_path)
    (tmp_path / "a.dcm").write_text("no DICOM")
    with pytest.raises(InputError, match="no sound DICOM"):
        read_dicom_slice(tmp_path / "a.dcm")
    (tmp_path / "a.png").write_text("no PNG")
    with pytest.raises(InputError, match="no sound PNG"):
        read_liver_mask(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"no .png masks"):
        read_liver_volume(tmp_path / "none")
    for side in (2, 3):
        write_mask(tmp_path / "v" / f"{side}.png", np.ones((side, side)))
    with pytest.raises(InputError, match="differ in size"):
        read_liver_volume(tmp_path / "v")
