"""The settings that a process decides by are compared as digests, which reveal nothing else."""

from application.log.leading import differing, terms


def test_settings_that_differ_are_named_in_their_order() -> None:
    ours = terms({"the catalog": "c0ffee", "FULFILL_MAILS": "receipt", "STRIPE_API_KEY": "sk_test_1"})
    last = terms({"STRIPE_API_KEY": "sk_test_2", "FULFILL_MAILS": "receipt", "the catalog": "beef"})

    assert differing(ours, last) == ["the catalog", "STRIPE_API_KEY"]
    assert differing(ours, ours) == []


def test_a_setting_that_another_version_does_not_know_does_not_differ() -> None:
    assert differing(terms({"the catalog": "c0ffee"}), terms({"the moon": "full"})) == []
    assert differing(terms({"the catalog": "c0ffee"}), {}) == []


def test_a_digest_fits_into_a_position_and_depends_on_the_name() -> None:
    digests = terms({"one": "the same", "two": "the same"})

    assert len(set(digests.values())) == 2
    assert all(0 <= digest < 2**63 for digest in digests.values())
