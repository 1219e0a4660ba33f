"""Why a contract refused: its custom error, decoded, and a sentence that says what to do.

Every error that the contracts can raise stands here with its sentence; a test holds the table against the ABIs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter
from typing import Any

from protocol.errors import CommonholdError
from protocol.solidity import Declaration, NotDecodable
from protocol.types import JobStatus

SENTENCES = """
# JobEscrow
WrongFacts(JobId id, JobStatus status)
    job {id} is {status}, or the facts given are not those it has now: read them again with `python -m protocol
    job {id}`
WrongCaller(JobId id, address caller)
    {caller} may not do this to job {id}: only its client, its operator, the operator named for now, or its
    dispute module may
SheetNotInForce(bytes32 key, bytes32 given, bytes32 inForce)
    sheet {given} is not in force for {key}, {inForce} is: read the last SheetPublished and submit again
SheetOutdated(bytes32 model, uint256 generation, uint256 current)
    the sheet of model {model} lapsed at generation {current}: publish it again with publishModel
TermsUnpayable(Terms terms)
    under the sheet's terms {terms} a job could owe more than it holds: wait until others are voted
BadAmount(uint256 amount, uint256 limit)
    amount {amount} is zero, or above {limit}
BadWindow(uint256 secondsGiven, uint256 limit)
    a window of {secondsGiven} s is zero, or above {limit} s
BadPayload(uint256 length, uint256 limit)
    a payload of {length} bytes is not allowed here; the limit is {limit}
InsufficientBalance(address account, uint256 free, uint256 needed)
    {account} has {free} free in the escrow and needs {needed}: deposit more
TooEarly(JobId id, uint256 from)
    job {id} allows this only from second {from} on
TooLate(JobId id, uint256 until)
    job {id} allowed this until second {until}
AwardsExceedHalf(uint256 awarded, uint256 bond)
    awards of {awarded} exceed half of the bond of {bond}
WrongReceipt(uint256 expected, uint256 received)
    the token moved {received} where it was told {expected}: it is no ordinary ERC-20
InsufficientGas(uint256 left, uint256 needed)
    {left} gas was left, {needed} is needed: send with a higher gas limit
LengthMismatch(uint256 first, uint256 second)
    lists of different lengths: {first} and {second}
ZeroAddress()
    an address is zero
ZeroAmount()
    an amount is zero
# ModelRegistry
ModelKnown(bytes32 model)
    model {model} is registered already
ModelUnknown(bytes32 model)
    model {model} is not registered: register it first
ModelIsRetired(bytes32 model)
    model {model} is retired
ModelInSlot(bytes32 model, bytes32 slot)
    model {model} holds slot {slot}: vote another in first
DigestMissing()
    a digest is zero: manifest, program, weights and tokenizer must all be given
ShareTooLarge(uint256 bps, uint256 limit)
    a share of {bps} is above {limit}, in parts of 10,000
SlotUnknown(bytes32 slot)
    no model was ever voted into slot {slot}
SlotNameInvalid(bytes32 slot)
    {slot} is no name of a slot: it takes 1 to 16 bytes, zeros after them
TooManySlots(uint256 limit)
    all {limit} slots are taken
NothingToRollBack(bytes32 slot)
    slot {slot} has no model before this one
# SheetBook, SafetyRules
NumberOutOfBounds(bytes32 name, uint256 value, uint256 min, uint256 max)
    {name} is {value}; it must be {min} to {max}
ModelNotServable(bytes32 model)
    model {model} is unknown, retired or withheld, or the rules in force do not cover its tokenizer
SlotEmpty(bytes32 slot)
    slot {slot} holds no model
OnlyRegistries(address caller)
    {caller} is not the registry that may call this
RulesMalformed(uint256 offset, bytes32 reason)
    the safety rules are malformed at byte {offset}: {reason}
VersionUnknown(uint256 version, uint256 latest)
    there is no version {version} of the safety rules; the latest is {latest}
# OperatorRegistry
AlreadyRegistered(address operator)
    {operator} is registered already: update its profile instead
NotRegistered(address operator)
    {operator} is not registered: register it first
UriTooLong(uint256 length, uint256 limit)
    the URI has {length} bytes; the limit is {limit}
TooManyModels(uint256 count, uint256 limit)
    {count} models; the limit is {limit}
# HoldToken, StakedHold, RewardPool
HolderAboveTenth(address holder, uint256 amount, uint256 limit)
    {holder} would receive {amount}, above a tenth of the list: {limit}
InitialAboveLimit(uint256 amount, uint256 limit)
    the first list sums to {amount}; the limit is {limit}
CapExceeded(uint256 supply, uint256 cap)
    HOLD's supply would be {supply}, above its cap of {cap}
FutureLookup(uint256 timepoint, uint256 clock)
    second {timepoint} is not past yet: it is {clock}
NotTransferable()
    staked HOLD cannot be transferred: unstake it
TicketUnknown(address account, uint256 ticket)
    {account} has no ticket {ticket}, or has withdrawn it
StillCoolingDown(uint256 unlockAt)
    the cooldown lasts until second {unlockAt}
NothingStaked()
    nobody has staked
CooldownOutOfBounds(uint256 cooldown, uint256 min, uint256 max)
    a cooldown of {cooldown} s; it must be {min} to {max}
NothingToSplit(bytes32 shares, address operator)
    the bucket of share table {shares} and operator {operator} is empty
NothingToClaim(address account)
    {account} has nothing to claim
EpochNotOver(uint256 epoch, uint256 endsAt)
    epoch {epoch} ends at second {endsAt}
EmissionOutOfBounds(uint256 rateBps, uint256 referencePrice)
    a rate of {rateBps} of 10,000 at a reference price of {referencePrice}: the rate is at most 10,000, the
    price at least 1
# ModelAvailability
ModelWithheld(bytes32 model)
    something of model {model} was not shown in time: it takes no slot until somebody shows it
NotWithheld(bytes32 model)
    all that was demanded of model {model} was shown: its sheets stay
WrongTensor()
    this is not the entry of the model's tensor
WrongLeaf()
    this is not the leaf of the model's tensor
NoSuchTensor(uint256 number, uint256 count)
    there is no tensor {number}: the model has {count}, counted from one
NoSuchLeaf(uint256 index, uint256 count)
    there is no leaf {index}: the tensor has {count}, counted from zero
# StepReferee, AnswerReferee, RefusalReferee, InferenceDispute
WrongClaim()
    the claim is of no rule, or does not fit the outcome
WrongRuling()
    these are not the rule, policy, input or output that the job is judged by
WrongOpening()
    what is shown does not lie under the root that it has to lie under
WrongRecord()
    the record is not the program's, or not of the part or list that is meant
UnknownKind(uint256 kind)
    kind {kind} of part is not known: the program is malformed, and harms nobody but its curator
WrongProgram()
    the program embeds: no token of it is chosen
NoSuchToken(uint256 index, uint256 outputs)
    there is no token or element {index}: there are {outputs}
StopListTooLong(uint256 length)
    the program has {length} stop tokens, more than are judged
InputMalformed(uint256 length)
    an input of {length} bytes is no list of token ids of three bytes each
WrongCase(JobId id)
    job {id} was not opened, or the case given is another: take it from the last CaseOpened, or open it
WrongFacts(JobId id)
    the facts given are not those of job {id}: read them again with `python -m protocol job {id}`
WrongPlace(uint256 list, uint256 position)
    list {list} of operations has no row at position {position}
WrongNode()
    this node is not in the tree that it is said to be in, or these are not the hashes or bytes below it
WrongParts()
    these are not the parts that were shown, or not those of the trace
NotTheOperator(address account)
    parts are shown by the job's operator alone, not by {account}
NotExact(bytes32 model)
    model {model} does not compute exactly: nobody can referee it
RulesDoNotCover(bytes32 rules, bytes32 tokenizer)
    the rules {rules} have policies, but none for the tokenizer {tokenizer}: no answer is right
NoTraceNeeded(JobId id)
    the result of job {id} rests on no computation
AlreadyDemanded(bytes32 key)
    {key} was demanded or announced already
NotDemanded(bytes32 key)
    {key} is not demanded, or was shown or paid out
TooEarly(uint256 from)
    this can be done from second {from} on
TooLate(uint256 until)
    this could be done until second {until}
NotCommitted(bytes32 commitment)
    {commitment} was not announced by the sender in an earlier block, or was paid out
NotWrong()
    what was to be wrong is right
TooManyRepaid(uint256 count)
    a conviction cannot repay {count} demands: eight at most, and no more than its reward
NotFinal(JobId id)
    job {id} has not ended
InsufficientBalance(uint256 balance, uint256 needed)
    the balance is {balance}, {needed} is needed
# OpenZeppelin: access
AccessManagedUnauthorized(address caller)
    {caller} may not do this: only a vote, through the timelock, or the module with the role may
AccessManagedRequiredDelay(address caller, uint32 delay)
    {caller} must schedule this {delay} s ahead
AccessManagedInvalidAuthority(address authority)
    {authority} is no authority: it has no code
AccessManagerUnauthorizedAccount(address account, uint64 roleId)
    {account} does not have role {roleId}
AccessManagerUnauthorizedCall(address caller, address target, bytes4 selector)
    {caller} may not call {selector} of {target}
AccessManagerUnauthorizedCancel(address account, address caller, address target, bytes4 selector)
    {account} may not cancel what {caller} scheduled
AccessManagerUnauthorizedConsume(address target)
    {target} may not consume scheduled operations now
AccessManagerAlreadyScheduled(bytes32 operationId)
    operation {operationId} is scheduled already
AccessManagerNotScheduled(bytes32 operationId)
    operation {operationId} is not scheduled
AccessManagerNotReady(bytes32 operationId)
    operation {operationId} is not due yet
AccessManagerExpired(bytes32 operationId)
    operation {operationId} has expired: schedule it again
AccessManagerBadConfirmation()
    a role can be renounced by its holder only
AccessManagerInvalidInitialAdmin(address initialAdmin)
    {initialAdmin} cannot be the first administrator
AccessManagerLockedRole(uint64 roleId)
    role {roleId} cannot be changed
AccessManagerLockedFunction(bytes4 selector)
    function {selector} cannot be given to a role
AccessControlBadConfirmation()
    a role can be renounced by its holder only
AccessControlUnauthorizedAccount(address account, bytes32 neededRole)
    {account} does not have role {neededRole} of the timelock
# OpenZeppelin: governor and timelock
GovernorAlreadyCastVote(address voter)
    {voter} has voted on this already
GovernorAlreadyQueuedProposal(uint256 proposalId)
    proposal {proposalId} is queued already
GovernorDisabledDeposit()
    the governor takes no money
GovernorInsufficientProposerVotes(address proposer, uint256 votes, uint256 threshold)
    {proposer} has {votes} votes; proposing takes {threshold}: stake HOLD, and wait a second for it to count
GovernorInvalidProposalLength(uint256 targets, uint256 calldatas, uint256 values)
    a proposal of {targets} targets, {calldatas} calls and {values} values: the lists must be as long as each
    other, and not empty
GovernorInvalidQuorumFraction(uint256 numerator, uint256 denominator)
    a quorum of {numerator} of {denominator} is not allowed
GovernorInvalidSignature(address voter)
    the signature is not {voter}'s for this vote
GovernorInvalidVoteParams()
    this governor's votes take no parameters
GovernorInvalidVoteType()
    a vote is 0 against, 1 for or 2 abstain
GovernorInvalidVotingPeriod(uint256 votingPeriod)
    a voting period of {votingPeriod} s is not allowed
GovernorNonexistentProposal(uint256 proposalId)
    there is no proposal {proposalId}
GovernorOnlyExecutor(address account)
    {account} may not do this: only a vote, through the timelock, may
GovernorOnlyProposer(address account)
    {account} did not make this proposal
GovernorProposalQueueingFailed(uint256 proposalId)
    proposal {proposalId} could not be queued
GovernorProposalQueueingNotRequired(uint256 proposalId)
    proposal {proposalId} needs no queueing
GovernorRestrictedProposer(address proposer)
    the description names another proposer than {proposer}
GovernorUnableToCancel(uint256 proposalId, address account)
    {account} cannot cancel proposal {proposalId} now
GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)
    proposal {proposalId} is in state {current} (0 pending, 1 active, 2 canceled, 3 defeated, 4 succeeded, 5
    queued, 6 expired, 7 executed), which does not allow this
GovernorPreventLateQuorumVoteExtensionTooLarge(uint256 newVoteExtension, uint256 maxVoteExtension)
    a late-quorum extension of {newVoteExtension} s; the limit is {maxVoteExtension} s
TimelockIsFixed()
    the governor keeps its timelock for ever
RolesAreFixed()
    who may propose and execute at the timelock is fixed for ever
DelayOutOfBounds(uint256 delay, uint256 min, uint256 max)
    a delay of {delay} s; it must be {min} to {max}
TimelockInsufficientDelay(uint256 delay, uint256 minDelay)
    a delay of {delay} s; the timelock's is {minDelay} s
TimelockInvalidOperationLength(uint256 targets, uint256 payloads, uint256 values)
    an operation of {targets} targets, {payloads} calls and {values} values: the lists must be as long as each
    other
TimelockUnauthorizedCaller(address caller)
    {caller} is not the timelock: only a vote can do this
TimelockUnexecutedPredecessor(bytes32 predecessorId)
    operation {predecessorId} must be executed first
TimelockUnexpectedOperationState(bytes32 operationId, bytes32 expectedStates)
    operation {operationId} is not due yet, or done
# OpenZeppelin: tokens, votes, signatures
ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
    {spender} may move {allowance} and needs {needed}: approve it
ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
    {sender} has {balance} and needs {needed}
ERC20ExceededSafeSupply(uint256 increasedSupply, uint256 cap)
    the supply would be {increasedSupply}, above {cap}
ERC20InvalidApprover(address approver)
    {approver} cannot approve
ERC20InvalidReceiver(address receiver)
    {receiver} cannot receive tokens
ERC20InvalidSender(address sender)
    {sender} cannot send tokens
ERC20InvalidSpender(address spender)
    {spender} cannot be approved
ERC2612ExpiredSignature(uint256 deadline)
    the permit expired at second {deadline}
ERC2612InvalidSigner(address signer, address owner)
    the permit was signed by {signer}, not by {owner}
ERC5805FutureLookup(uint256 timepoint, uint48 clock)
    second {timepoint} is not past yet: it is {clock}
ERC6372InconsistentClock()
    the clocks of token and governor differ
VotesExpiredSignature(uint256 expiry)
    the signature expired at second {expiry}
InvalidAccountNonce(address account, uint256 currentNonce)
    the signature is not for {account}'s nonce {currentNonce}
ECDSAInvalidSignature()
    the signature is not one
ECDSAInvalidSignatureLength(uint256 length)
    a signature of {length} bytes; it takes 65
ECDSAInvalidSignatureS(bytes32 s)
    the signature's s is in the upper half: {s}
SafeERC20FailedOperation(address token)
    token {token} did not do what it was told
SafeERC20FailedDecreaseAllowance(address spender, uint256 current, uint256 requested)
    {spender}'s allowance of {current} cannot be lowered by {requested}
ReentrancyGuardReentrantCall()
    a call came back into the contract that it left
FailedCall()
    a call that was to be made failed and said nothing
AddressEmptyCode(address target)
    {target} has no code
SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)
    {value} does not fit {bits} bits
CheckpointUnorderedInsertion()
    a checkpoint would be older than the last
InvalidShortString()
    a short string is malformed
StringTooLong(string text)
    the text is too long: {text}
# Solidity itself
Error(string reason)
    {reason}
Panic(uint256 code)
    the contract panicked with code {code:#x} (0x11 overflow, 0x12 division by zero, 0x32 out of bounds)
"""
"""A declaration and, indented, its sentence, which names the declaration's parameters."""


@dataclass(frozen=True, slots=True)
class ContractError:
    """A decoded revert. `arguments` by the names of the declaration; `sentence` for people."""

    name: str
    arguments: dict[str, Any]
    sentence: str

    def __str__(self) -> str:
        return f"{self.name}: {self.sentence}"


class Reverted(CommonholdError):
    """A contract refuses: found by simulation or in a read, so nothing was sent. `error` says why."""

    def __init__(self, what: str, error: ContractError) -> None:
        super().__init__(f"{what}: {error}")
        self.error = error


class _Shown(Formatter):
    """Writes words in hexadecimal, names as text, and statuses by their name."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, bytes):
            return _word(value)
        if isinstance(value, JobStatus):
            return value.name.lower()
        return str(super().format_field(value, format_spec))


def _word(value: bytes) -> str:
    text = value.rstrip(b"\0")
    is_name = text and len(text) < len(value) and text.isascii() and text.decode().isprintable()
    return text.decode() if is_name else "0x" + value.hex()


def _parse(table: str) -> dict[bytes, tuple[Declaration, str]]:
    entries = re.findall(r"^(\w.*)\n((?:    .*\n)+)", table, re.MULTILINE)
    declared = [(Declaration(text), " ".join(sentence.split())) for text, sentence in entries]
    return {declaration.selector: (declaration, sentence) for declaration, sentence in declared}


_errors = _parse(SENTENCES)


def decode_revert(data: bytes) -> ContractError:
    """The error that a contract's revert data holds; never raises."""
    declaration, sentence = _errors.get(data[:4], (None, ""))
    if declaration is None:
        return _unknown(data)
    try:
        values = declaration.codec.decode(data[4:])
    except NotDecodable:
        return _unknown(data)
    names = [parameter.name for parameter in declaration.parameters]
    arguments = dict(zip(names, values, strict=True))
    return ContractError(declaration.name, arguments, _Shown().vformat(sentence, (), arguments))


def _unknown(data: bytes) -> ContractError:
    if not data:
        return ContractError(
            "Reverted", {}, "without saying why: the contract is another than expected, or gas ran out"
        )
    return ContractError("UnknownError", {"data": data}, f"an error that this version does not know: 0x{data.hex()}")
