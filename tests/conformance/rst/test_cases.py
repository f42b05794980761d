"""ICANN's cases with their published rows and schemas against `regwire serve`, one test a case and model."""

import pytest
from rst_rig import HAS_LAUNCH, Model, needs_rows, passes, serving

from regwire.testing.rst import select
from regwire.testing.rst.rows import TABLES

pytestmark = needs_rows

LAUNCH = {"EPP_GREETING_MISSING_EXTURI", "EPP_GREETING_RECOMMENDED_EXTENSION_MISSING"}
#: What a registry lacks: the codes that its cases find for that. One that finds none any more says so.
MISSING = {} if HAS_LAUNCH else {"epp-02": ("without signxml there are no launch phases", LAUNCH)}

MODELS = {
    "objects, maximum": Model(),
    "attributes, minimum, end-date sunrise": Model(data="minimum", objects=False, sunrise="end-date"),
    "objects, per registrar": Model(data="per-registrar"),
}


@pytest.fixture(scope="module", params=MODELS)
def rig(request, tmp_path_factory):
    with serving(tmp_path_factory.mktemp("rst"), MODELS[request.param]) as rig:
        yield rig


@pytest.mark.parametrize("id", select())
def test_case(rig, id):
    result = rig.run(id)
    if result.reason:
        pytest.skip(result.reason)
    if id in MISSING:
        reason, codes = MISSING[id]
        assert result.codes, f"{id} passes now: take it out of MISSING"
        if set(result.codes) <= codes:
            pytest.xfail(reason)
    passes(result)


@pytest.mark.parametrize("id", sorted({f"epp-{name.split('-')[1]}" for name in TABLES}))
def test_case_with_our_own_rows(rig, id):
    result = rig.run(id, data=None, seed=2)
    if result.reason:
        pytest.skip(result.reason)
    passes(result)


def test_service_ports_that_agree(rig):
    """One listener by two addresses: an IPv4 one, and the same as an IPv6 address."""
    address = rig.inputs["run.addresses"][0]
    result = rig.run("epp-17", run_addresses=(address, f"::ffff:{address}"))
    passes(result)
    assert result.commands >= 6
