// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ISheetBook} from "../../../contracts/interfaces/ISheetBook.sol";
import {JobEscrow} from "../../../contracts/JobEscrow.sol";
import {TermsPacking} from "../../../contracts/libraries/TermsPacking.sol";
import {Answer, JobId, JobStatus, Offer, Sampling, Submission, Work} from "../../../contracts/types/Job.sol";
import {ShareTable, Sheet} from "../../../contracts/types/Sheet.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {ProtocolTest} from "../ProtocolTest.sol";
import {Hashes} from "./Hashes.sol";

/// @notice What the contracts hash is what `docs/encoding.md` says. The golden vectors are those that Python reads too; of
/// each kind there are an ordinary one, one of zeros, and the largest.
contract EncodingTest is ProtocolTest {
    uint256 private constant SAMPLES = 3;
    /// @dev Where the escrow keeps its buckets.
    uint256 private constant BUCKETS_SLOT = 6;

    Hashes private hashes;
    string private vectors;

    function setUp() public override {
        super.setUp();
        hashes = new Hashes();
        vectors = vm.readFile("tests/vectors/encoding.json");
    }

    /// @dev `sampling` is packed and read by nobody on chain; `rules` are hashed in `SafetyRules.t.sol`, by vectors of
    /// their own.
    function test_no_kind_of_vector_is_left_out() public view {
        string memory kinds =
            '["jobId","sheet","shares","model","bucket","request","result","offer","work","answer","final","terms","sampling","rules"]';
        assertEq(vm.parseJsonKeys(vectors, "$"), vm.parseJsonStringArray(kinds, "$"));
    }

    /// @dev By the escrow's own code, on the chain and at the address of the vector.
    function test_the_id_of_a_job() public {
        bytes memory code = address(escrow).code;
        for (uint256 i = 0; i < SAMPLES; ++i) {
            address home = account(".jobId.escrow", i);
            vm.etch(home, code);
            vm.chainId(number(".jobId.chainId", i));

            JobId id = JobEscrow(home).jobIdOf(account(".jobId.client", i), number(".jobId.nonce", i));

            assertEq(JobId.unwrap(id), word(".jobId.hash", i));
        }
    }

    function test_the_hash_of_a_sheet() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            Sheet memory sheet = Sheet({
                slot: word(".sheet.slot", i),
                model: word(".sheet.model", i),
                rules: word(".sheet.rules", i),
                shares: word(".sheet.shares", i),
                disputes: account(".sheet.disputes", i),
                outageClock: account(".sheet.outageClock", i),
                terms: Terms.wrap(number(".sheet.terms", i)),
                generation: number(".sheet.generation", i)
            });
            assertEq(hashes.sheet(sheet), word(".sheet.hash", i));
            assertEq(keccak256(abi.encode(sheet)), word(".sheet.hash", i), "as the sheet book has it");
        }
    }

    function test_the_id_of_a_share_table() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            ShareTable memory shares = ShareTable({
                curator: account(".shares.curator", i),
                curatorBps: uint16(number(".shares.curatorBps", i)),
                stakersBps: uint16(number(".shares.stakersBps", i)),
                treasuryBps: uint16(number(".shares.treasuryBps", i)),
                slotted: number(".shares.slotted", i) != 0
            });
            assertEq(pool.sharesId(shares), word(".shares.hash", i));
        }
    }

    /// @dev The registry takes no share as large as the vectors'; that its ids are this hash, `ModelRegistry.t.sol` says.
    function test_the_id_of_a_model() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            IModelRegistry.Model memory facts = IModelRegistry.Model({
                manifest: word(".model.manifest", i),
                program: word(".model.program", i),
                weights: word(".model.weights", i),
                tokenizer: word(".model.tokenizer", i),
                arithmetic: uint16(number(".model.arithmetic", i)),
                curator: account(".model.curator", i),
                curatorBps: uint16(number(".model.curatorBps", i))
            });
            assertEq(keccak256(abi.encode(facts)), word(".model.hash", i));
        }
    }

    /// @dev What is put under the vector's key is found by the escrow.
    function test_the_key_of_a_bucket() public {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            bytes32 place = keccak256(abi.encode(word(".bucket.hash", i), BUCKETS_SLOT));
            vm.store(address(escrow), place, bytes32(i + 1));

            assertEq(escrow.bucketOf(word(".bucket.shares", i), account(".bucket.operator", i)), i + 1);
        }
    }

    function test_the_hash_of_a_request() public view {
        bytes[] memory inputs = vm.parseJsonBytesArray(vectors, ".request.input");
        for (uint256 i = 0; i < SAMPLES; ++i) {
            Submission memory asked;
            asked.sampling = Sampling.wrap(number(".request.sampling", i));
            asked.input = inputs[i];
            assertEq(hashes.request(word(".request.sheet", i), asked), word(".request.hash", i));
        }
    }

    function test_the_hash_of_a_result() public view {
        bytes[] memory outputs = vm.parseJsonBytesArray(vectors, ".result.output");
        for (uint256 i = 0; i < SAMPLES; ++i) {
            bytes32 found = hashes.result(number(".result.outcome", i), outputs[i], word(".result.trace", i));
            assertEq(found, word(".result.hash", i));
        }
    }

    function test_the_hash_of_an_offer_and_the_word_of_an_open_job() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            bytes32 hash = hashes.offer(offer(i));
            assertEq(hash, word(".offer.hash", i));
            assertEq(hashes.commitment(hash, JobStatus.Open), word(".offer.open", i));
        }
    }

    function test_the_hash_of_work_and_the_word_of_an_accepted_job() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            bytes32 hash = hashes.work(work(i));
            assertEq(hash, word(".work.hash", i));
            assertEq(hashes.commitment(hash, JobStatus.Accepted), word(".work.accepted", i));
        }
    }

    function test_the_hash_of_an_answer_and_the_words_of_a_posted_job() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            bytes32 hash = hashes.answer(answer(i));
            assertEq(hash, word(".answer.hash", i));
            assertEq(hashes.commitment(hash, JobStatus.Posted), word(".answer.posted", i));
            assertEq(hashes.commitment(hash, JobStatus.Disputed), word(".answer.disputed", i));
        }
    }

    function test_the_words_of_jobs_that_have_ended() public view {
        assertEq(hashes.commitment(0, JobStatus.Settled), word(".final.settled", 0));
        assertEq(hashes.commitment(0, JobStatus.Refunded), word(".final.refunded", 0));
        assertEq(hashes.commitment(0, JobStatus.Convicted), word(".final.convicted", 0));
    }

    /// @dev Terms keep the sum of the shared parts, so it is given whole, as the curator's.
    function test_the_packing_of_terms() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            ISheetBook.Numbers memory numbers;
            numbers.challengeSeconds = number(".terms.challengeSeconds", i);
            numbers.disputeSeconds = number(".terms.disputeSeconds", i);
            numbers.maxOfferSeconds = number(".terms.maxOfferSeconds", i);
            numbers.maxServiceSeconds = number(".terms.maxServiceSeconds", i);
            numbers.refusalBps = number(".terms.refusalBps", i);
            numbers.fineBps = number(".terms.fineBps", i);
            numbers.bondBps = number(".terms.bondBps", i);
            numbers.minBond = number(".terms.minBond", i);
            numbers.maxPayload = number(".terms.maxPayload", i);

            Terms packed = TermsPacking.pack(numbers, number(".terms.outBps", i));

            assertEq(Terms.unwrap(packed), number(".terms.word", i));
        }
    }

    function test_the_reading_of_terms() public view {
        for (uint256 i = 0; i < SAMPLES; ++i) {
            Terms terms = Terms.wrap(number(".terms.word", i));
            assertEq(terms.challengeSeconds(), number(".terms.challengeSeconds", i));
            assertEq(terms.disputeSeconds(), number(".terms.disputeSeconds", i));
            assertEq(terms.maxOfferSeconds(), number(".terms.maxOfferSeconds", i));
            assertEq(terms.maxServiceSeconds(), number(".terms.maxServiceSeconds", i));
            assertEq(terms.outBps(), number(".terms.outBps", i));
            assertEq(terms.refusalBps(), number(".terms.refusalBps", i));
            assertEq(terms.fineBps(), number(".terms.fineBps", i));
            assertEq(terms.bondBps(), number(".terms.bondBps", i));
            assertEq(terms.minBond(), number(".terms.minBond", i));
            assertEq(terms.maxPayload(), number(".terms.maxPayload", i));
        }
    }

    // ---------------------------------------------------------------- the vectors' facts

    function offer(uint256 i) private view returns (Offer memory) {
        return Offer({
            request: word(".offer.request", i),
            shares: word(".offer.shares", i),
            terms: Terms.wrap(number(".offer.terms", i)),
            client: account(".offer.client", i),
            named: account(".offer.named", i),
            disputes: account(".offer.disputes", i),
            outageClock: account(".offer.outageClock", i),
            minFee: number(".offer.minFee", i),
            maxFee: number(".offer.maxFee", i),
            submittedAt: number(".offer.submittedAt", i),
            offerSeconds: number(".offer.offerSeconds", i),
            exclusiveSeconds: number(".offer.exclusiveSeconds", i),
            serviceSeconds: number(".offer.serviceSeconds", i)
        });
    }

    function work(uint256 i) private view returns (Work memory) {
        return Work({
            offer: word(".work.offer", i),
            shares: word(".work.shares", i),
            terms: Terms.wrap(number(".work.terms", i)),
            client: account(".work.client", i),
            operator: account(".work.operator", i),
            disputes: account(".work.disputes", i),
            outageClock: account(".work.outageClock", i),
            maxFee: number(".work.maxFee", i),
            price: number(".work.price", i),
            acceptedAt: number(".work.acceptedAt", i),
            postBy: number(".work.postBy", i)
        });
    }

    function answer(uint256 i) private view returns (Answer memory) {
        return Answer({
            offer: word(".answer.offer", i),
            result: word(".answer.result", i),
            shares: word(".answer.shares", i),
            terms: Terms.wrap(number(".answer.terms", i)),
            client: account(".answer.client", i),
            operator: account(".answer.operator", i),
            disputes: account(".answer.disputes", i),
            maxFee: number(".answer.maxFee", i),
            price: number(".answer.price", i),
            postedAt: number(".answer.postedAt", i),
            heldUntil: number(".answer.heldUntil", i)
        });
    }

    // ---------------------------------------------------------------- reading

    function word(string memory column, uint256 i) private view returns (bytes32) {
        return vm.parseJsonBytes32Array(vectors, column)[i];
    }

    function number(string memory column, uint256 i) private view returns (uint256) {
        return vm.parseJsonUintArray(vectors, column)[i];
    }

    function account(string memory column, uint256 i) private view returns (address) {
        return vm.parseJsonAddressArray(vectors, column)[i];
    }
}
