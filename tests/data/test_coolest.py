"""``model.json`` read back by the package that defines the format."""

import json
from dataclasses import replace

import numpy as np
import pytest
from mock_fits import lens_fit

from lensmith.data import write_model_json
from lensmith.data.coolest import east_of_north
from lensmith.data.results import Mode


@pytest.mark.filterwarnings("ignore")
def test_the_coolest_package_reads_model_json(tmp_path):
    template_json = pytest.importorskip("coolest.template.json")
    fit = lens_fit()
    write_model_json(fit, tmp_path / "model.json")

    template = template_json.JSONSerializer(str(tmp_path / "model"), check_external_files=False).load()

    assert template.mode == "MAP"
    shear, lens, source = template.lensing_entities
    assert [entity.name for entity in (shear, lens, source)] == ["external shear", "lens", "source"]
    pemd = lens.mass_model[0]
    assert pemd.type == "PEMD"
    for name in ("theta_E", "gamma", "q"):
        assert pemd.parameters[name].point_estimate.value == fit.parameters[name].best
        assert pemd.parameters[name].posterior_stats.percentile_84th == fit.parameters[name].hi
    assert pemd.parameters["phi"].point_estimate.value == pytest.approx(east_of_north(fit.parameters["phi"].best))
    assert shear.mass_model[0].parameters["gamma_ext"].point_estimate.value == fit.parameters["shear"].best
    rows, columns = fit.bands[0].image.shape
    assert (template.observation.pixels.num_pix_x, template.observation.pixels.num_pix_y) == (columns, rows)
    assert template.instrument.pixel_size == pytest.approx(fit.bands[0].pixel_scale)


def test_what_was_compared_and_measured_is_written_too(tmp_path):
    modes = (Mode(1.2, 0.1, 0.0, 0.0, 0.0, 0.05, 0.0, -10.0, 0.9), Mode(0.8, 0.2, 0.0, 0.0, 0.0, 0.3, 0.0, -12.2, 0.1))
    fit = replace(lens_fit(), modes=modes, diagnostics={"score_gap": np.inf, "chi2_arc": 1.1})

    write_model_json(fit, tmp_path / "model.json")

    meta = json.loads((tmp_path / "model.json").read_text())["meta"]
    assert [(one["theta_E"], one["weight"]) for one in meta["solutions"]] == [(1.2, 0.9), (0.8, 0.1)]
    assert meta["diagnostics"] == {"score_gap": None, "chi2_arc": 1.1}, "infinity, no rival, is no JSON number"
