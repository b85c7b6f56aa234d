"""Roots of matrices that rounding has made a little negative."""

import numpy as np
import pytest

from lensmith.fitting import positive_root


def test_a_sound_matrix_gets_its_root():
    factor = np.random.default_rng(0).normal(size=(5, 8))
    root = positive_root(factor @ factor.T)
    np.testing.assert_allclose(root @ root.T, factor @ factor.T, rtol=1e-6, atol=1e-6)


def test_rounding_in_single_precision_is_forgiven():
    columns = np.random.default_rng(1).normal(size=(3, 400)).astype(np.float32)
    columns = np.vstack([columns, columns.sum(0)]) * 1e4  # the last depends on the others
    gram = (columns @ columns.T).astype(float)
    gram[3, 3] *= 1 - 1e-6
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.cholesky(gram)
    root = positive_root(gram)
    np.testing.assert_allclose(root @ root.T, gram, atol=1e-4 * gram.max())


def test_a_matrix_that_is_not_positive_at_all_is_an_error():
    with pytest.raises(np.linalg.LinAlgError):
        positive_root(np.diag([1.0, -1.0]))
