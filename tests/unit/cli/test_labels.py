"""The demonstration's labels: valid, distinct, U-labels as A-labels."""

import re

import idna

from regwire.cli.labels import psl_labels, valid_labels


def test_rules_of_every_kind_give_labels():
    rules = ["// com : comment", "", "com", "*.ck", "!www.ck", "co.uk  ; rest", "公司.cn", "_bad.org", "com.ac"]
    assert valid_labels(rules) == ["com", "ck", "www", "co", "uk", "xn--55qx5d", "cn", "org", "ac"]


def test_labels_that_idna_refuses_are_left_out():
    assert valid_labels(["xn--a", "ab--cd", "-x", "x-", "☃", "a" * 64]) == []


def test_the_packaged_list_is_whole():
    labels = psl_labels()
    assert len(labels) > 5000
    assert len(set(labels)) == len(labels)
    assert {"com", "co", "xn--55qx5d", "museum"} <= set(labels)
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels)
    for label in labels:
        if label.startswith("xn--"):
            assert idna.alabel(idna.ulabel(label)).decode() == label
