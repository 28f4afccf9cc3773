import pandas as pd
import pytest

from scalescope.papers.ivgi2022.claims.agreement import agreement, agreement_counts


def claims(source, **verdicts):
    return pd.DataFrame(
        [{"source": source, "id": id, "claim": f"about {id}", "verdict": v} for id, v in verdicts.items()]
    )


def test_claims_agree_where_all_sources_have_the_same_verdict():
    sources = [
        claims("world 0", C2="holds", C10="fails", C1="not testable"),
        claims("world 3", C1="not testable", C2="fails", C10="fails"),
        claims("paper", C1="holds", C2="holds"),
    ]
    table = agreement(pd.concat(sources))
    assert table.columns.tolist() == ["id", "claim", "world 0", "world 3", "paper", "agree"]
    assert table["id"].tolist() == ["C1", "C2", "C10"] and table["claim"].tolist()[2] == "about C10"
    assert table["paper"].tolist() == ["holds", "holds", "not judged"]
    assert table["agree"].tolist() == [False] * 3
    assert agreement(pd.concat(sources[:2]))["agree"].tolist() == [True, False, True]
    counts = agreement_counts(table).set_index(["first", "second"])
    worlds = counts.loc[("world 0", "world 3")]
    assert worlds.tolist() == [2, 3, 2, "C2"]
    assert counts.loc[("world 0", "paper"), "differ"] == "C1, C10" and len(counts) == 3


def test_one_source_has_no_pair_and_a_claim_judged_twice_is_refused():
    one = claims("quick", C1="holds")
    assert agreement_counts(agreement(one)).empty
    with pytest.raises(ValueError, match="'quick' judges C1 twice"):
        agreement(pd.concat([one, one]))
