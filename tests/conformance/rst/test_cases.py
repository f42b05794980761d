"""ICANN's cases with their published rows and schemas against `regwire serve`, one test a case and model."""

import pytest
from rst_rig import needs_rows, passes, serving

from regwire.testing.rst import select

pytestmark = needs_rows

#: What the registry lacks yet; a test that begins to pass says so.
MISSING = {
    "epp-02": "launch-1.0 is not announced yet",
}


def params():
    for id in select():
        reason = MISSING.get(id)
        yield pytest.param(id, marks=[pytest.mark.xfail(reason=reason, strict=True)] if reason else [], id=id)


@pytest.fixture(scope="module", params=["objects, thick", "attributes, minimum"])
def rig(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rst")
    with serving(folder, thick="thick" in request.param, objects="objects" in request.param) as rig:
        yield rig


@pytest.mark.parametrize("id", list(params()))
def test_case(rig, id):
    result = rig.run(id)
    if result.reason:
        pytest.skip(result.reason)
    passes(result)
