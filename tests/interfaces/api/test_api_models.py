"""Models for whoever has a file: asked for over HTTP, trained in the background, its owner's alone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from huoshui.judgement.risk.models.trainings import trainer
from tests.ground import placed
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_loans import own_key
from tests.judgement.risk.models import made

pytest.importorskip("lightgbm")


def asked(content: bytes, **more: Any) -> dict[str, Any]:
    file = b64encode(content).decode()
    return {"content": file, "target": "outcome", "trials": 1, "name": "own"} | more


class Seller(NamedTuple):
    """A tenant's seller that has had a model trained, and the marketplace's own key beside it."""

    tenant: Tenant
    key: str
    training: str

    def ask(self, verb: str, path: str, body: Any = None, **given: Any) -> Any:
        return self.tenant.ask(verb, path, body, key=self.key, **given)


def with_sellers(open_tenant: Callable[..., Tenant]) -> Tenant:
    tenant = open_tenant()
    tenant.tell(*placed(items=(("s1", 10_000, 0), ("s2", 10_000, 0))))
    return tenant


@pytest.fixture(scope="module")
def seller(open_tenant: Callable[..., Tenant]) -> Seller:
    tenant = with_sellers(open_tenant)
    key = own_key(tenant, "s1")
    content = made.content(made.rows(700), zipped=True)
    wish = asked(content, time="applied", groups=["gender"], exclude=["recovered"])
    answer = tenant.ask("POST", "/model-trainings", wish, key=key)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "waiting"
    assert trainer.turn(tenant.database, tenant.book)
    return Seller(tenant, key, answer.json()["id"])


def test_it_is_trained_and_told(seller: Seller) -> None:
    found = seller.ask("GET", f"/model-trainings/{seller.training}").json()
    assert (found["state"], found["problem"]) == ("done", "")
    assert [each["form"] for each in found["models"]] == ["booster", "scorecard"]
    assert all(each["figures"]["auc"] > 0.6 for each in found["models"])
    assert not trainer.turn(seller.tenant.database, seller.tenant.book)


def test_the_file_is_erased_once_it_is_trained_on(seller: Seller) -> None:
    with seller.tenant.database.begin(book=seller.tenant.book) as tx:
        assert tx.value("SELECT count(content) FROM model_training WHERE book = %(book)s") == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_its_card_is_a_page_that_runs_nothing(seller: Seller, lang: str) -> None:
    card = seller.ask("GET", f"/model-trainings/{seller.training}/card", params={"lang": lang})
    assert card.headers["content-language"] == lang
    assert "default-src 'none'" in card.headers["content-security-policy"]
    assert ("校准斜率" if lang == "zh" else "Calibration slope") in card.text


def test_it_is_downloaded_and_scored_by(seller: Seller) -> None:
    place = f"/model-trainings/{seller.training}"
    text = seller.ask("GET", f"{place}/model", params={"form": "scorecard"})
    assert (
        text.text.startswith('{"base_points"')
        and "attachment" in text.headers["content-disposition"]
    )
    values = {"income": 9_000, "debt": 8_000, "late": 3, "home": "rent", "bureau": -9}
    worse = seller.ask("POST", f"{place}/score", {"values": values, "form": "scorecard"})
    assert worse.status_code == 200, worse.text
    better = seller.ask(
        "POST", f"{place}/score",
        {"values": values | {"late": 0, "debt": 500.5, "bureau": 800}, "form": "scorecard"},
    ).json()  # fmt: skip
    assert worse.json()["points"] < better["points"] and worse.json()["reasons"]
    lacking = seller.ask("POST", f"{place}/score", {"values": {}})
    assert (lacking.status_code, lacking.json()["code"]) == (422, "model_input_missing")


def test_nobody_else_sees_it(seller: Seller, open_tenant: Callable[..., Tenant]) -> None:
    other = own_key(seller.tenant, "s2")
    place = f"/model-trainings/{seller.training}"
    for key in (other, seller.tenant.key, own_key(with_sellers(open_tenant), "s1")):
        for path in (place, f"{place}/card", f"{place}/model"):
            answer = seller.tenant.ask("GET", path, key=key)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_training")
        assert seller.tenant.ask("GET", "/model-trainings", key=key).json()["data"] == []
        for verb in ("score", "delete"):
            body: Any = {"values": {}} if verb == "score" else {}
            answer = seller.tenant.ask("POST", f"{place}/{verb}", body, key=key)
            assert answer.json()["code"] == "unknown_training"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no table", "training_file_unreadable"), (b"\x1f\x8b", "training_file_unreadable"),
     (made.content(made.rows(100)), "training_rows_few")],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_reason(tenant: Tenant, content: bytes, code: str) -> None:
    id_ = tenant.ask("POST", "/model-trainings", asked(content)).json()["id"]
    assert trainer.turn(tenant.database, tenant.book)
    found = tenant.get(f"/model-trainings/{id_}", lang="zh")
    assert (found["state"], found["problem"]) == ("refused", code)
    assert found["detail"].endswith("。")


def test_what_is_taken_in_is_bounded(tenant: Tenant) -> None:
    bad = tenant.ask("POST", "/model-trainings", asked(b"x") | {"content": "no base64!"})
    assert (bad.status_code, bad.json()["code"]) == (422, "training_content_unfit")
    for _ in range(3):
        assert tenant.ask("POST", "/model-trainings", asked(b"a,b\n1,2")).status_code == 202
    full = tenant.ask("POST", "/model-trainings", asked(b"a,b\n1,2"))
    assert (full.status_code, full.json()["code"]) == (429, "too_many_trainings")


def test_what_is_deleted_is_gone(tenant: Tenant) -> None:
    id_ = tenant.ask("POST", "/model-trainings", asked(b"a,b\n1,2")).json()["id"]
    early = tenant.ask("GET", f"/model-trainings/{id_}/card")
    assert (early.status_code, early.json()["code"]) == (409, "training_not_done")
    gone = tenant.ask("POST", f"/model-trainings/{id_}/delete")
    assert gone.json()["state"] == "deleted"
    assert tenant.ask("GET", f"/model-trainings/{id_}").status_code == 404
    assert tenant.get("/model-trainings")["data"] == []
    assert not trainer.turn(tenant.database, tenant.book)
    with tenant.database.begin(book=tenant.book) as tx:
        assert tx.tuples("SELECT content, name FROM model_training WHERE book = %(book)s") == [
            (None, "-")
        ]


def test_a_process_that_breaks_refuses_its_training(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = tenant.ask("POST", "/model-trainings", asked(b"a,b\n1,2")).json()["id"]
    monkeypatch.setattr(trainer, "_COMMAND", ["false"])
    assert trainer.turn(tenant.database, tenant.book)
    assert tenant.get(f"/model-trainings/{id_}")["problem"] == "training_broke"
