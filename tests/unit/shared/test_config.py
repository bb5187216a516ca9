"""Owns the proof of configuration: values, files, refusals that name what is amiss."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shared import config
from shared.config import Address, BadConfiguration


def test_a_missing_value_is_named():
    with pytest.raises(BadConfiguration, match="LINLI_AMQP_URL .*LINLI_AMQP_URL_FILE"):
        config.required("LINLI_AMQP_URL", {})


def test_an_empty_value_is_a_missing_one():
    with pytest.raises(BadConfiguration, match="LINLI_X"):
        config.required("LINLI_X", {"LINLI_X": ""})


def test_a_value_may_stand_in_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("句子 with spaces \n", encoding="utf-8")
    assert config.required("LINLI_X", {"LINLI_X_FILE": str(file)}) == "句子 with spaces"


def test_the_value_itself_goes_before_the_file(tmp_path: Path):
    environ = {"LINLI_X": "given", "LINLI_X_FILE": str(tmp_path / "none")}
    assert config.required("LINLI_X", environ) == "given"


def test_a_file_that_is_not_there_is_named_even_where_there_is_a_default(tmp_path: Path):
    environ = {"LINLI_X_FILE": str(tmp_path / "none")}
    for read in (config.required, lambda name, env: config.optional(name, "default", env)):
        with pytest.raises(BadConfiguration, match=r"LINLI_X_FILE: cannot read .*none"):
            read("LINLI_X", environ)


def test_an_empty_file_holds_no_value(tmp_path: Path):
    file = tmp_path / "empty"
    file.write_text("\n")
    with pytest.raises(BadConfiguration, match="LINLI_X"):
        config.required("LINLI_X", {"LINLI_X_FILE": str(file)})
    assert config.optional("LINLI_X", "default", {"LINLI_X_FILE": str(file)}) == "default"


@pytest.mark.parametrize("text", ["-1", "1.5", "ten", "1 0"])
def test_what_is_no_whole_number_is_refused(text: str):
    with pytest.raises(BadConfiguration, match="LINLI_N"):
        config.number("LINLI_N", 3, {"LINLI_N": text})


def test_a_number_has_a_default():
    assert config.number("LINLI_N", 3, {}) == 3
    assert config.number("LINLI_N", 3, {"LINLI_N": "0"}) == 0


@pytest.mark.parametrize("kind", ["production", "demo", "test"])
def test_an_installation_is_of_one_of_three_kinds(kind: str):
    assert config.environment({"LINLI_ENV": kind}) == kind


def test_an_installation_is_in_production_unless_it_says_otherwise():
    assert config.environment({}) == "production"
    with pytest.raises(BadConfiguration, match="staging"):
        config.environment({"LINLI_ENV": "staging"})


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:1", Address("127.0.0.1", 1)), ("[::]:65535", Address("[::]", 65535))],
)
def test_an_address_is_host_and_port(text: str, address: Address):
    assert config.http_bind({"LINLI_HTTP_BIND": text}) == address


@pytest.mark.parametrize(
    "text", ["8080", ":8080", "host:", "host:0", "host:65536", "host:-1", "host:x"]
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(BadConfiguration, match="LINLI_HTTP_BIND"):
        config.http_bind({"LINLI_HTTP_BIND": text})


def test_urls_of_another_kind_are_refused_without_showing_their_password():
    for read, name in (
        (config.database_url, "LINLI_DATABASE_URL"),
        (config.amqp_url, "LINLI_AMQP_URL"),
    ):
        with pytest.raises(BadConfiguration, match=name) as refusal:
            read({name: "http://user:hidden@host"})
        assert "hidden" not in str(refusal.value)


def test_each_broker_of_a_cluster_has_its_url():
    urls = "amqp://grid:x@a:1/linli, amqp://grid:y@b:2/linli"
    assert config.amqp_url({"LINLI_AMQP_URL": urls}) == urls
    assert config.each_url(urls) == ["amqp://grid:x@a:1/linli", "amqp://grid:y@b:2/linli"]
    assert config.each_url("amqp://grid:x@a:1/linli") == ["amqp://grid:x@a:1/linli"]


@pytest.mark.parametrize(
    "other", ["amqp://other:hidden@b/linli", "amqp://grid:hidden@b/other", "amqp://grid:hidden@b"]
)
def test_brokers_of_different_users_or_virtual_hosts_are_refused(other: str):
    with pytest.raises(BadConfiguration, match="LINLI_AMQP_URL: .*same user and .*path") as refusal:
        config.amqp_url({"LINLI_AMQP_URL": f"amqp://grid:hidden@a/linli,{other}"})
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("other", ["", "b:5672", "http://grid:hidden@b/linli"])
def test_one_url_of_another_kind_among_several_is_refused(other: str):
    with pytest.raises(BadConfiguration, match="LINLI_AMQP_URL must .*so must each") as refusal:
        config.amqp_url({"LINLI_AMQP_URL": f"amqp://grid:hidden@a/linli,{other}"})
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("read", [config.monitor_url, config.management_url])
def test_the_management_api_has_a_url_for_each_broker_too(read: Callable[[dict[str, str]], str]):
    name = f"LINLI_RABBITMQ_{read.__name__.upper()}"
    urls = "http://m:x@a:1,https://m:x@b:2"
    assert read({name: urls}) == urls
    with pytest.raises(BadConfiguration, match=f"{name}: "):
        read({name: "http://m:x@a:1,http://n:x@b:2"})


def test_pairs_are_read_by_their_names():
    assert config.pairs("LINLI_X", {"LINLI_X": "a=/b, c=d=e"}) == {"a": "/b", "c": "d=e"}
    assert config.pairs("LINLI_X", {}) == {}


@pytest.mark.parametrize("text", ["a", "a=", "=b", "a=b,c"])
def test_what_is_no_pair_is_refused(text: str):
    with pytest.raises(BadConfiguration, match="LINLI_X must be key=value"):
        config.pairs("LINLI_X", {"LINLI_X": text})


def test_an_address_that_makes_no_sense_is_named_by_its_variable():
    with pytest.raises(BadConfiguration, match="LINLI_WATCHED_TLS must be host:port"):
        config.tls_address({"LINLI_WATCHED_TLS": "nginx"})
