"""Looking a deployment up: whatever is wrong with it is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from protocol import deployment as deployments
from protocol.chain import ChainUnreachable, WrongChain
from protocol.deployment import Deployment, DeploymentInvalid, DeploymentMissing, WrongAbi, open_deployment
from protocol.settings import Settings
from protocol.solidity import Address
from tests.chain import Node, World, free_port


def test_what_is_saved_is_found_again(world: World, tmp_path: Path) -> None:
    deployments.save(tmp_path, world.deployment)
    assert deployments.load(tmp_path, world.chain.id) == world.deployment


def test_it_names_every_contract_its_creation_and_its_arguments(world: World) -> None:
    for name, contract in world.deployment.contracts.items():
        receipt = world.chain.receipt(bytes.fromhex(contract.transaction[2:]))
        assert receipt is not None, name
        assert (receipt.contract or "").lower() == contract.address.lower(), name
        assert receipt.block_number == contract.block, name
    assert world.deployment.contracts["JobEscrow"].arguments[1] == world.deployment.asset


def test_an_unknown_chain_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeploymentMissing, match=r"chain 31337: there is no .*31337\.json.*make up"):
        deployments.load(tmp_path, 31337)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a deployment"),
        ("[]", "not a deployment"),
        ('{"chain_id": 1}', "not a deployment: 'contracts'"),
        ("\0", "not a deployment"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = deployments.path_of(tmp_path, 31337)
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(DeploymentInvalid, match=f"31337.json: {message}"):
        deployments.load(tmp_path, 31337)


def test_a_deployment_without_its_escrow_is_refused(world: World) -> None:
    contracts = {name: c for name, c in world.deployment.contracts.items() if name != "JobEscrow"}
    with pytest.raises(DeploymentInvalid, match="JobEscrow missing"):
        Deployment.from_json(replace(world.deployment, contracts=contracts).to_json())


def test_a_local_chain_that_began_anew_is_told_apart(world: World, anvil: Node) -> None:
    with pytest.raises(DeploymentInvalid, match="a local chain that began anew needs a new deployment"):
        deployments.check(anvil.chain, world.deployment)


def test_contracts_of_another_version_are_refused(world: World) -> None:
    with pytest.raises(WrongAbi, match="with other interfaces than this version's"):
        deployments.check(world.chain, replace(world.deployment, abi="0" * 64))


def test_an_address_without_code_is_refused(world: World) -> None:
    moved = replace(world.deployment.contracts["SheetBook"], address=Address("0x" + "00" * 19 + "99"))
    contracts = {**world.deployment.contracts, "SheetBook": moved}
    with pytest.raises(DeploymentInvalid, match=r"no code at 0x0.*99, where SheetBook should be"):
        deployments.check(world.chain, replace(world.deployment, contracts=contracts))


def test_the_settings_lead_to_chain_and_deployment(world: World, tmp_path: Path) -> None:
    deployments.save(tmp_path, world.deployment)
    chain, deployment = open_deployment(Settings(rpc_url=world.url, home=tmp_path))
    assert (chain.id, deployment) == (world.chain.id, world.deployment)
    chain.close()


def test_a_node_of_another_chain_is_refused(world: World, tmp_path: Path) -> None:
    with pytest.raises(WrongChain, match=r"serves chain 31337, not 10: check COMMONHOLD_RPC_URL"):
        open_deployment(Settings(rpc_url=world.url, home=tmp_path, chain_id=10))


def test_an_unreachable_node_is_named(tmp_path: Path) -> None:
    with pytest.raises(ChainUnreachable, match=r"http://127\.0\.0\.1:\d+: .*Is the node running"):
        open_deployment(Settings(rpc_url=f"http://127.0.0.1:{free_port()}", home=tmp_path))
