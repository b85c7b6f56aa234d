"""All scores of a segmenter for people, each beside that of plain thresholding."""

_GEOMETRY = (
    ("centre_error_pixels", "centre of the lens off by", 1, " pixels"),
    ("ring_radius_error", "radius of the arcs off from that of the true masks by", 100, " %"),
    ("theta_E_bias", "radius of the arcs over the true theta_E, less 1:", 100, " %"),
    ("theta_E_error", "radius of the arcs off from the true theta_E by", 100, " %"),
    ("theta_E_error_of_true_masks", "that of the true masks by", 100, " %"),
)


def segmentation_report(scores: dict) -> list[str]:
    """Lines of `segmentation_scores`: a class each, then calibration and what is measured from the masks.

    Numbers of thresholding stand behind those of the network, where the scores have them, and those of masks that its
    inputs show without anything learnt.
    """
    others = {"thresholding": "thresholding", "ranks alone": "without_learning"}
    pairs = [("network", scores), *((who, scores[key]) for who, key in others.items() if key in scores)]
    lines = [f"{scores['n']} samples; 95 % intervals by bootstrap over images, medians of what is measured"]
    for name in scores["classes"]:
        if name != "background":
            lines += [f"{name}, {who}: {_class_line(one['classes'][name])}" for who, one in pairs]
    lines += [f"all classes, {who}: {_overall(one)}" for who, one in pairs]
    for key, text, factor, unit in _GEOMETRY:
        said = [f"{_interval(one[key], factor)}{unit} ({who})" for who, one in pairs if _known(one.get(key))]
        lines += [f"{text} {', '.join(said)}"] if said else []
    lines += _groups(pairs)
    said = [f"{one['without_radius']} ({who})" for who, one in pairs if "without_radius" in one]
    return lines + ([f"images with arcs whose masks give no radius: {', '.join(said)}"] if said else [])


def _groups(pairs) -> list[str]:
    """Macro IoU by what the scores are grouped by: survey, S/N of the arcs."""
    lines = []
    for key in (name for name in pairs[0][1] if name.startswith("by_")):
        for group, found in pairs[0][1][key].items():
            said = [f"{_interval(one[key][group]['macro_iou'])} ({who})" for who, one in pairs if key in one]
            arcs = [f"{_interval(one[key][group].get('arc'))} ({who})" for who, one in pairs if key in one]
            lines.append(
                f"{key[3:].replace('_', ' ')} {group}, {found['n']} samples: macro IoU {', '.join(said)}; "
                f"arc {', '.join(arcs)}"
            )
    return lines


def _class_line(one: dict) -> str:
    parts = []
    if one["images"]:
        parts.append(
            f"IoU {_interval(one['iou'])}, Dice {_interval(one['dice'])}, precision {_number(one['precision'])}, "
            f"recall {_number(one['recall'])}, boundary F {_number(one['boundary_f'])} ({one['images']} images)"
        )
    if one["empty_images"]:
        parts.append(f"left empty {_number(one['empty_left_empty'])} of {one['empty_images']} images without it")
    return "; ".join(parts)


def _overall(scores: dict) -> str:
    """Class mean of IoU and the error of the probabilities."""
    parts = [f"macro IoU {_interval(scores['macro_iou'])}"] if _known(scores["macro_iou"]) else []
    if "calibration_error" in scores:
        parts.append(f"calibration error of the pixels {_interval(scores['calibration_error'], digits=4)}")
    return ", ".join(parts)


def _known(values) -> bool:
    return values is not None and values[0] is not None


def _interval(values, factor: float = 1.0, digits: int = 3) -> str:
    if not _known(values):
        return "none"
    digits = digits if factor == 1 else 1
    value, low, high = (f"{factor * one:.{digits}f}" for one in values)
    return f"{value} [{low}, {high}]"


def _number(value) -> str:
    return "none" if value is None else f"{value:.3f}"
