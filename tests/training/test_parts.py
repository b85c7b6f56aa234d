"""The parts of a training that stand alone: recipes, splits, order, marks of copies, learning rate, the card."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lensmith.data.labels import PERCENTILE_CLASSES
from lensmith.errors import SettingsError
from lensmith.nets import NETWORKS, NetworkSpec, build_network
from lensmith.training import load_recipe, recipe_header, recipe_names
from lensmith.training.order import Batches, EpochOrder, turned
from lensmith.training.recipe import ScheduleSection
from lensmith.training.schedule import epochs_since_best, rate_factor
from lensmith.training.splits import assign_folds, first_of_each_class, set_apart, shares
from lensmith.training.traces import copy_pairs, image_traces
from training.rings import ring


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_is_sound_and_opens_with_command_cost_and_score(name):
    recipe = load_recipe(name)
    assert recipe.net.name in NETWORKS
    assert name == recipe.net.name or name.startswith(f"{recipe.net.name}-")
    chosen, labels = recipe.net.settings, {}
    if name.endswith("-percentile"):  # what a data set labelled so tells a training
        chosen, labels = chosen | {"exclusive": False}, {"classes": PERCENTILE_CLASSES}
    with torch.device("meta"):
        build_network(NetworkSpec(name=recipe.net.name, settings=chosen, inputs=recipe.inputs, **labels))
    header = recipe_header(name)
    assert header["command"].startswith(f"lensmith train {name} ")
    assert header["cost"]
    assert header["score"]


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (["lop.epochs=3"], "did you mean loop?"),
        (["loop.epoch=3"], "did you mean loop.epochs?|did you mean epochs?"),
        (["loop.epochs=0"], "loop.epochs = 0"),
        (["loop.epochs"], "section.name=value"),
        (["data.augment=spin"], "data.augment = 'spin'"),
    ],
)
def test_a_wrong_setting_names_the_nearest(sets, says):
    with pytest.raises(SettingsError, match=says):
        load_recipe("resnet18", sets)


def test_sets_are_put_on_top_and_unknown_recipes_refused(tmp_path):
    recipe = load_recipe("resnet18", ["optimiser.learning_rate=3e-4", "net.settings.dropout=0.3"])
    assert load_recipe("resnet18-converged", ["loop.precision=32"]).loop.precision == "32"
    assert recipe.optimiser.learning_rate == 3e-4
    assert recipe.net.settings == {"dropout": 0.3}
    with pytest.raises(SettingsError, match="did you mean resnet18"):
        load_recipe("resnet81")
    (tmp_path / "bad.yaml").write_text("net: [1, 2\n")
    with pytest.raises(SettingsError, match="not YAML"):
        load_recipe(tmp_path / "bad.yaml")


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_folds_are_stratified_and_keep_groups_whole(seed, folds):
    random = np.random.default_rng(seed)
    labels = np.repeat([0, 1, 2], 40)
    groups = np.arange(120)
    pairs = random.permutation(40)[:10]
    groups[pairs[:5]] = groups[pairs[5:]]
    home = assign_folds(labels, groups, folds, seed)
    for k in range(3):
        counts = np.bincount(home[labels == k], minlength=folds)
        assert np.ptp(counts) <= 2
    for group in np.unique(groups):
        assert len(set(home[groups == group])) == 1
    assert np.array_equal(home, assign_folds(labels, groups, folds, seed))


def test_set_apart_and_limits():
    labels = np.repeat([0, 1, 2], 50)
    apart = set_apart(labels, np.arange(150), 0.2, 1)
    assert [int(apart[labels == k].sum()) for k in range(3)] == [10, 10, 10]
    few, more = (first_of_each_class(np.flatnonzero(~apart), labels, limit, 1) for limit in (5, 20))
    assert np.bincount(labels[few]).tolist() == [5, 5, 5]
    assert set(few) <= set(more)
    with pytest.raises(SettingsError, match="folds cannot be made"):
        assign_folds([0, 0, 1], [0, 1, 2], 2, 1)


def test_shares_are_stratified_and_keep_groups_together():
    labels, groups = np.repeat([0, 1, 2], 200), np.arange(600) // 2
    part = shares(labels, groups, 0.15, 0.15, 42)
    for k in range(3):
        assert [int(np.sum(part[labels == k] == name)) for name in ("train", "val", "test")] == [140, 30, 30]
    assert (part[::2] == part[1::2]).all()
    assert not np.array_equal(part, shares(labels, groups, 0.15, 0.15, 43))
    with pytest.raises(SettingsError, match="leave a part empty"):
        shares(labels, groups, 0.5, 0.5, 42)


def test_order_depends_on_seed_and_epoch_alone():
    order = EpochOrder(50, 16, 3, "dihedral")
    first = list(order)
    order.set_epoch(1)
    second = list(order)
    assert first != second
    again = EpochOrder(50, 16, 3, "dihedral")
    again.set_epoch(1)
    assert list(again) == second
    assert sorted(i for batch in first for i, _ in batch) == list(range(50))
    assert {turn for batch in first for _, turn in batch} <= set(range(8))


def test_processes_share_every_batch():
    alone = list(EpochOrder(52, 16, 3, "half-turn"))
    shares = [list(EpochOrder(52, 16, 3, "half-turn", rank, 2)) for rank in range(2)]
    for whole, left, right in zip(alone, *shares, strict=True):
        assert sorted(whole) == sorted(left + right)


def test_fresh_samples_are_never_seen_twice():
    order, seen = EpochOrder(20, 8, 3, fresh=True), []
    for epoch in range(3):
        order.set_epoch(epoch)
        seen += [i for batch in order for i, _ in batch]
    assert sorted(seen) == list(range(60))


def test_turns_are_the_eight_symmetries_and_leave_numbers_alone():
    image = np.arange(9.0).reshape(1, 1, 3, 3)
    made = {turned(image, np.array([code])).tobytes() for code in range(8)}
    assert len(made) == 8
    told = np.ones((1, 4))
    assert turned(told, np.array([3])) is told
    batch = Batches(lambda places: ({"image": image[places]}, places), 1).__getitems__([(0, 2)])
    assert np.array_equal(batch[0]["image"], image[:, :, ::-1, ::-1])


@pytest.mark.parametrize("side", [32, 75, 150])
def test_copies_are_told_from_neighbours(side):
    images = np.stack([ring(0, i, side)[0] for i in range(40)])
    copies = np.stack([np.rot90(images[i], i) for i in range(4)] + [images[i].T for i in range(4, 8)])
    rounded = np.round(copies * 255) / 255
    found = copy_pairs(image_traces(np.concatenate([images, rounded])), side)
    assert sorted(map(tuple, np.sort(found, 1))) == [(i, 40 + i) for i in range(8)]
    noise = np.random.default_rng(1).normal(scale=0.02, size=images.shape)
    assert len(copy_pairs(image_traces(images + noise), side, image_traces(images))) == 0


def test_learning_rates():
    cosine = ScheduleSection(name="cosine", warm_up=0.1)
    rates = [rate_factor(cosine, step, 100, []) for step in range(101)]
    assert np.all(np.diff(rates[:10]) > 0)
    assert np.all(np.diff(rates[10:]) <= 0)
    assert max(rates) == pytest.approx(1)
    assert rates[-1] == pytest.approx(0)
    assert rate_factor(ScheduleSection(name="constant"), 7, 10, [3.0]) == 1


def test_plateau_is_torchs():
    losses = list(np.random.default_rng(2).random(40) * np.linspace(2, 1, 40))
    section = ScheduleSection(name="plateau", factor=0.5, patience=3)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=3)
    for epoch, loss in enumerate(losses):
        torchs.step(loss)
        assert rate_factor(section, 0, 1, losses[: epoch + 1]) == optimiser.param_groups[0]["lr"]
    assert epochs_since_best([3, 1, 2, 4]) == 2
    assert epochs_since_best([]) == 0
