"""The names that lensmith exports: a change here is a change for its users."""

import importlib

import pytest

PUBLIC = {
    "lensmith": ["Cutout", "LensFit", "model", "read"],
    "lensmith.pipeline": [
        "RunSettings",
        "RunSummary",
        "ask",
        "compilation_cache",
        "doctor_lines",
        "inject",
        "load_settings",
        "model_one",
        "run_demo",
        "run_job",
        "run_simulation",
    ],
    "lensmith.simulate": [
        "KINDS",
        "KindSettings",
        "SURVEYS",
        "Simulator",
        "Survey",
        "load_survey",
        "make_simulator",
        "resolve_settings",
        "samples",
        "simulate_dataset",
        "simulate_demo",
    ],
    "lensmith.report": ["write_candidate_pictures", "write_report"],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_public_names(package):
    module = importlib.import_module(package)
    assert sorted(module.__all__) == PUBLIC[package]
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'modle'"):
        importlib.import_module("lensmith").modle  # noqa: B018
